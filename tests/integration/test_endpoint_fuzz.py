"""Valid and invalid requests that schemathesis generates from the endpoint's OpenAPI document.

LiveKit is not running, so 503 with our body is expected. Any other 5xx fails, and every response
must match the document.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.endpoint_process import UNEXPECTED_ERROR, Endpoint, endpoint, endpoint_env
from tests.support.endpoint_requests import BACKEND, browser

FOR_S = os.environ.get("FUZZ_S", "")
"""Seconds per run; if not set, a fixed number of examples, the same in each run."""
_AMOUNT = ("--max-time", FOR_S) if FOR_S else ("--max-examples", "10", "--generation-deterministic")

_AS_IT_IS = '[checks]\nnot_a_server_error.expected-statuses = ["2xx", "4xx", "503"]\n'
# Otherwise schemathesis sends both credentials and is always rejected.
_ITS_CREDENTIALS = "[generation]\nwith-security-parameters = false\n"
_ONE_SESSION = '[parameters]\nsession_id = "7"\n'

RUNS = {
    "as the backend": (_AS_IT_IS + _ITS_CREDENTIALS, BACKEND),
    "as a trainee": (
        _ONE_SESSION + _AS_IT_IS + _ITS_CREDENTIALS,
        browser("7", exp=time.time() + 86_400),
    ),
    "without credentials": (_AS_IT_IS, {}),
}


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Endpoint]:
    folder = tmp_path_factory.mktemp("endpoint")
    env = endpoint_env(
        None,
        folder / "state",
        # LiveKit cannot be reached, and the endpoint tries again for this long.
        LIVEKIT_TIMEOUT_S="0.3",
        # High enough that most requests are handled, low enough that some get 429.
        RATE_LIMIT_SESSION="30/second",
    )
    async with endpoint(env, folder) as started:
        yield started
    assert UNEXPECTED_ERROR not in "\n".join(started.log)


@pytest.mark.parametrize(
    "caller",
    [
        "as the backend",
        *(pytest.param(r, marks=pytest.mark.variant) for r in RUNS if r != "as the backend"),
    ],
)
async def test_responses_match_the_openapi_document(
    served: Endpoint, tmp_path: Path, caller: str
) -> None:
    config, headers = RUNS[caller]
    (tmp_path / "st.toml").write_text(config)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", "st.toml"),
        *("run", f"{served.http.base_url}/openapi.json", *_AMOUNT),
        *("--checks", "all", "--no-color", "--no-shrink", "--warnings", "off"),
        # On a busy machine, an example may take long to generate or to answer.
        *("--suppress-health-check", "too_slow", "--request-timeout", "60"),
        *(part for name, value in headers.items() for part in ("-H", f"{name}: {value}")),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), float(FOR_S or 0) + 240)
    assert process.returncode == 0, said.decode()
    document = (await served.http.get("/openapi.json")).json()
    operations = sum(len(methods) for methods in document["paths"].values())
    assert f"{operations} passed" in said.decode(), said.decode()
