"""`python -m agent doctor` names typical errors of a set-up, on the running product.

Each row is one error, and the lines of the report that must name it.
"""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import jwt
import pytest

from agent.cli.doctor.checks.livekit import credentials_refused
from agent.cli.doctor.http_client import Response
from agent.cli.doctor.report import as_text
from agent.cli.doctor.result import Level
from tests.support.doctor_report import as_lines, results_for
from tests.support.product import Product

pytestmark = pytest.mark.usefixtures("no_probe_left")

CLOSED = "{closed}"
"""Placeholder in a row: an address at which nothing listens."""
HANGS = "{hangs}"
"""Placeholder in a row: an address that accepts connections and never answers."""


@dataclass(frozen=True)
class Row:
    """One error of a set-up."""

    name: str
    lines: tuple[str, ...]
    """Regular expressions, each of a whole `level check what → fix`."""
    change: dict[str, str | None] = field(default_factory=dict)
    """Environment variables to set; None removes one."""
    faults: tuple[str, ...] = ()
    code: int = 1
    times_out: bool = False
    """Doctor finds the error because an answer does not come within the product's timeout."""


ROWS = [
    Row(
        "wrong secret",
        (
            r"failed livekit\.credentials LIVEKIT_API_SECRET is not the secret of LIVEKIT_API_KEY "
            r"→ copy both again.*",
            r"skipped worker\.registered .*",
        ),
        {"LIVEKIT_API_SECRET": "s3cret-of-another-project-0123456789"},
    ),
    Row(
        "wrong key",
        (r"failed livekit\.credentials LiveKit does not know LIVEKIT_API_KEY → .*",),
        {"LIVEKIT_API_KEY": "APIother"},
    ),
    Row(
        "LiveKit down",
        (
            r"failed livekit\.reachable LIVEKIT_URL: nothing listens at 127\.0\.0\.1:\d+ → .*",
            r"skipped livekit\.credentials .*",
            r"ok deepgram\.key .*",  # the other checks still run
        ),
        {"LIVEKIT_URL": f"ws://{CLOSED}"},
    ),
    Row(
        "not LiveKit",
        (r"failed livekit\.reachable .* answers \(HTTP 40\d\), but is not LiveKit → .*",),
        {"LIVEKIT_URL": "{endpoint}"},
    ),
    Row(
        "LiveKit hangs",
        (r"failed livekit\.reachable LIVEKIT_URL: .* did not answer within 4 s → .*",),
        {"LIVEKIT_URL": f"ws://{HANGS}"},
        times_out=True,
    ),
    Row(
        "another agent name",
        (
            r"failed worker\.registered no worker answers as somebody-else: .* → start it .*",
            r"failed worker\.health the worker at .* is registered as training-greeter, but "
            r"LIVEKIT_AGENT_NAME is somebody-else → .*",
        ),
        {"LIVEKIT_AGENT_NAME": "somebody-else"},
        times_out=True,
    ),
    Row(
        "no worker",
        (
            r"failed worker\.registered no worker answers as nobody: .*",
            r"skipped worker\.health no worker on this machine at 127\.0\.0\.1:\d+",
        ),
        {"LIVEKIT_AGENT_NAME": "nobody", "AGENT_HTTP_PORT": "{closed_port}"},
        times_out=True,
    ),
    Row(
        "bad Beyond Presence key",
        (
            r"failed beyond_presence\.key Beyond Presence answers 401 → it does not accept the "
            r"key; set BEYOND_PRESENCE_API_KEY .*",
            r"skipped beyond_presence\.avatar .*",
        ),
        {"BEYOND_PRESENCE_API_KEY": "wrong-key"},
    ),
    Row(
        "unknown avatar",
        (
            r"failed beyond_presence\.avatar Beyond Presence has no avatar no-such-one "
            r"\(BEYOND_PRESENCE_AVATAR_ID\) → .*",
            r"failed beyond_presence\.avatar avatar untrained-one \(BEYOND_PRESENCE_AVATARS, "
            r"forklift\) is still in training → .*",
        ),
        {
            "BEYOND_PRESENCE_AVATAR_ID": "no-such-one",
            "BEYOND_PRESENCE_AVATARS": "forklift=untrained-one",
        },
    ),
    Row(
        "Beyond Presence down",
        (r"failed beyond_presence\.key BEY_API_URL: nothing listens at .* → check host.*",),
        {"BEY_API_URL": f"http://{CLOSED}"},
    ),
    Row(
        "no minutes left",
        (r"failed beyond_presence\.key Beyond Presence answers 402 → the plan's minutes .*",),
        faults=("bey:402",),
    ),
    Row(
        "providers hang",
        (
            r"failed beyond_presence\.key BEY_API_URL: .* did not answer within 4 s → .*",
            r"failed deepgram\.key DEEPGRAM_BASE_URL: .* did not answer within 4 s → .*",
            r"failed gemini\.key GOOGLE_GEMINI_BASE_URL: .* did not answer within 4 s → .*",
            r"skipped gemini\.model gemini\.key is not ok: see above",
        ),
        faults=("bey:hang", "stt:hang", "llm:hang"),
        times_out=True,
    ),
    Row(
        "bad Deepgram and Google keys",
        (
            r"failed deepgram\.key Deepgram answers 401 → it does not accept the key; set "
            r"DEEPGRAM_API_KEY .*",
            r"failed gemini\.key Gemini does not accept GOOGLE_API_KEY → .*",
        ),
        {"DEEPGRAM_API_KEY": "wrong-key", "GOOGLE_API_KEY": "wrong-key"},
    ),
    Row(
        "quota used up",
        (r"warning gemini\.key Gemini answers 429 → the quota or the rate limit .*",),
        faults=("llm:429",),
        code=0,
    ),
    Row(
        "providers have problems",
        (
            r"failed deepgram\.key Deepgram has a problem \(HTTP 503\) → .*",
            r"failed gemini\.key Gemini has a problem \(HTTP 500\) → .*",
        ),
        faults=("stt:503", "llm:500"),
    ),
    Row(
        "unknown models and voice",
        (
            r"failed gemini\.model gpt-4o \(GEMINI_MODEL\) does not answer: status 404 → .*",
            r"failed gemini\.hears Gemini refuses speech recognition with parrot-2 → .*",
            r"failed deepgram\.hears Deepgram has no STT model for de \(parrot-1\), .* → .*",
            r"failed deepgram\.voices Deepgram has no voice aura-2-nobody-en → .*",
        ),
        {
            "GEMINI_MODEL": "gpt-4o",
            "DEEPGRAM_STT_MODEL": "parrot-1",
            "GEMINI_STT_MODEL": "parrot-2",
            "VOICES": "en=aura-2-nobody-en,*=gemini:Kore",
        },
    ),
    Row(
        "no voice for a locale",
        (
            r"failed scripts\.voices no voice speaks de: .* → add de=VOICE to VOICES, .*",
            r"failed scripts\.voices no voice speaks fr: .*",
        ),
        {"VOICES": "en=aura-2-andromeda-en,es=aura-2-celeste-es"},
    ),
    Row(
        "endpoint down",
        (r"failed endpoint\.reachable ENDPOINT_URL: nothing listens at .* → .*token_endpoint",),
        {"ENDPOINT_URL": f"http://{CLOSED}"},
    ),
    Row(
        "not the endpoint",
        (r"failed endpoint\.reachable the server at .* is not the token endpoint .* → .*",),
        {"ENDPOINT_URL": "{livekit}"},
    ),
    Row(
        "wrong platform key and JWT secret",
        (
            r"failed endpoint\.key the token endpoint does not accept PLATFORM_API_KEY → .*",
            r"failed endpoint\.jwt the token endpoint does not accept PLATFORM_JWT_SECRET → .*",
            r"skipped store\.shared .*",
        ),
        {"PLATFORM_API_KEY": "0123456789abcdef-other", "PLATFORM_JWT_SECRET": "0" * 40},
    ),
    Row(
        "unwritable state",
        (r"failed store\.usable STATE_DIR \(.*\) cannot be used: .* is not a folder → .*",),
        {"STATE_DIR": "{file}/state"},
    ),
    Row(
        "another store than the endpoint's",
        (
            r"failed store\.shared the token endpoint runs, but there is no store in .*: it uses "
            r"another one → .*",
        ),
        {"STATE_DIR": "{folder}"},
    ),
    Row(
        "Redis down",
        (
            r"failed store\.usable 127\.0\.0\.1:\d+: Redis cannot be reached .* → "
            r"nothing listens at this address: check host and port in REDIS_URL, .*",
        ),
        {"REDIS_URL": f"redis://:hidden-password@{CLOSED}/0"},
    ),
    Row(
        "loopback for the real Beyond Presence",
        (
            r"failed outside\.url Beyond Presence must connect to 127\.0\.0\.1:\d+ "
            r"\(LIVEKIT_URL\), "
            r"which is not reachable from the internet: no avatar will join → "
            r"set LIVEKIT_PUBLIC_URL .*",
        ),
        {"BEY_API_URL": "https://api.bey.example"},
    ),
    Row(
        "several settings misspelled at once",
        (
            r"failed settings\.LIVEKIT_API_SECRET LIVEKIT_API_SECRET is missing, and "
            r"LIVEKIT_API_SECERT is not a setting → "
            r"rename LIVEKIT_API_SECERT to LIVEKIT_API_SECRET",
            r"failed settings\.BEYOND_PRESENCE_API_KEY .* rename BEYOND_PRESENSE_API_KEY to .*",
            r"failed settings\.DEEPGRAM_API_KEY DEEPGRAM_API_KEY is still a placeholder.*",
            r"failed settings\.GOOGLE_API_KEY GOOGLE_API_KEY is in quotes.*",
            r"failed settings\.MAX_JOBS MAX_JOBS must be a whole number.*",
            r"ok livekit\.reachable .*",
            r"skipped livekit\.credentials LIVEKIT_API_SECRET is not usable: see above",
            r"ok endpoint\.key .*",
        ),
        {
            "LIVEKIT_API_SECRET": None,
            "LIVEKIT_API_SECERT": "whatever",
            "BEYOND_PRESENCE_API_KEY": None,
            "BEYOND_PRESENSE_API_KEY": "whatever",
            "DEEPGRAM_API_KEY": "your-deepgram-key",
            "GOOGLE_API_KEY": '"demo"',
            "MAX_JOBS": "many",
        },
    ),
]


@dataclass(frozen=True)
class Addresses:
    """The values of the placeholders in rows."""

    values: dict[str, str]

    def fill(self, text: str) -> str:
        for name, value in self.values.items():
            text = text.replace(f"{{{name}}}", value)
        return text


@pytest.fixture
def addresses(product: Product, tmp_path: Path) -> Iterator[Addresses]:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    assert product.stage.livekit is not None
    with (
        socket.socket() as bound,
        # Its backlog accepts the connection; nothing reads from it.
        socket.create_server(("127.0.0.1", 0)) as silent,
    ):
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        yield Addresses(
            {
                "closed": f"127.0.0.1:{port}",
                "closed_port": str(port),
                "hangs": f"127.0.0.1:{silent.getsockname()[1]}",
                "endpoint": product.stage.endpoint_url,
                "livekit": product.stage.livekit.url.replace("ws", "http", 1),
                "file": str(tmp_path / "file"),
                "folder": str(tmp_path / "empty"),
            }
        )


@pytest.mark.parametrize("row", ROWS, ids=[row.name.replace(" ", "-") for row in ROWS])
async def test_doctor_names_the_error(row: Row, product: Product, addresses: Addresses) -> None:
    environ = dict(product.stage.environment)
    for name, value in row.change.items():
        environ.pop(name, None)
        if value is not None:
            environ[name] = addresses.fill(value)
    await product.providers.faults(*row.faults)

    results = await asyncio.wait_for(results_for(environ, own_timeouts=row.times_out), 120)

    lines = as_lines(results)
    for line in row.lines:
        if not any(re.fullmatch(line, found) for found in lines):
            pytest.fail(f"no line is {line}:\n{as_text(results)}", pytrace=False)
    # The report would remove secrets; there must be none to remove.
    for name, value in environ.items():
        if len(value) > 8 and ("KEY" in name or "SECRET" in name):
            assert value not in "\n".join(lines)
    assert "hidden-password" not in "\n".join(lines)
    assert int(any(f.level is Level.FAILED for f in results)) == row.code


@pytest.mark.parametrize(
    ("begins_s", "ends_s", "says"),
    [(600, 1200, "clock"), (-1200, -600, "clock"), (0, 600, None)],
    ids=["ours-is-ahead", "ours-is-behind", "right"],
)
async def test_doctor_recognises_livekits_text_for_a_wrong_clock(
    product: Product, begins_s: int, ends_s: int, says: str | None
) -> None:
    """The texts are those of the real server; the test signs tokens as a wrong clock would."""
    server = product.stage.livekit
    assert server is not None
    now = int(time.time())
    claims = {
        "iss": server.api_key,
        "nbf": now + begins_s,
        "exp": now + ends_s,
        "video": {"roomList": True},
    }
    token = jwt.encode(claims, server.api_secret, "HS256")
    answer = await product.http.post(
        server.url.replace("ws", "http", 1) + "/twirp/livekit.RoomService/ListRooms",
        json={},
        headers={"Authorization": f"Bearer {token}"},
    )
    if says is None:
        assert answer.status_code == 200
    else:
        found = credentials_refused(Response(status=answer.status_code, body=answer.content))
        assert says in found.what
        assert token not in found.what + found.fix
