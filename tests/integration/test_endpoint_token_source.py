"""LiveKit's own `TokenSource.endpoint()`, from npm and unchanged, against the endpoint."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from livekit import api

from agent.demo.livekit_server import LiveKitServer
from tests.support.endpoint_process import LONG_LIVEKIT_TIMEOUT, Endpoint, endpoint, endpoint_env
from tests.support.endpoint_requests import BACKEND, browser, path_of

HERE = Path(__file__).with_name("token_source")

pytestmark = pytest.mark.skipif(
    shutil.which("npm") is None, reason="npm is not on PATH: LiveKit's npm client was not tested"
)


@pytest.fixture(scope="module")
async def served(
    livekit: LiveKitServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Endpoint]:
    if not (HERE / "node_modules" / "livekit-client").exists():
        await run("npm", "ci", "--no-audit", "--no-fund")
    folder = tmp_path_factory.mktemp("endpoint")
    async with endpoint(
        endpoint_env(livekit, folder / "state", **LONG_LIVEKIT_TIMEOUT), folder
    ) as started:
        yield started


async def run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=HERE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 240)
    assert process.returncode == 0, err.decode()
    return out.decode()


async def fetch(
    served: Endpoint, session_id: str, headers: dict[str, str], **options: Any
) -> dict[str, Any]:
    url = str(served.http.base_url).rstrip("/") + path_of(session_id)
    said = await run("node", "fetch.mjs", url, json.dumps(headers), json.dumps(options))
    answer: dict[str, Any] = json.loads(said)
    return answer


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"agentName": "greeter", "roomName": "training-session-js", "participantName": "user"},
    ],
)
async def test_token_source_gets_url_and_token(
    served: Endpoint, livekit: LiveKitServer, options: dict[str, str]
) -> None:
    header = browser("js", trainee={"name": "Asha"})
    answer = (await fetch(served, "js", header, **options))["answer"]
    assert answer["serverUrl"] == livekit.url
    token = api.TokenVerifier(livekit.api_key, livekit.api_secret).verify(
        answer["participantToken"]
    )
    assert token.video is not None
    assert (token.video.room, token.name) == ("training-session-js", "Asha")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"roomName": "another"}, "room_name"),
        ({"agentName": "another"}, "room_config.agents.agent_name"),
        ({"agentMetadata": "{}"}, "room_config.agents.metadata"),
        ({"participantIdentity": "another"}, "participant_identity"),
        ({"participantAttributes": {"lk.publish_on_behalf": "x"}}, "participant_attributes"),
    ],
)
async def test_token_source_gets_the_name_of_a_field_it_may_not_set(
    served: Endpoint, options: dict[str, Any], named: str
) -> None:
    error = (await fetch(served, "js", BACKEND, **options))["error"]
    assert "received 403" in error
    assert named in error
