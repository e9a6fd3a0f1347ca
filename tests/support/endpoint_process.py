"""A real livekit-server, real endpoint processes and a real worker, for the endpoint's tests."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import httpx
from livekit import api

from agent.demo.livekit_server import LiveKitServer
from agent.demo.processes import running
from tests.support.endpoint_app import LIVEKIT_KEY, LIVEKIT_SECRET
from tests.support.endpoint_requests import API_KEY, CONTINUE_URL, JWT_SECRET
from tests.support.waiting import until_answer

LONG_LIVEKIT_TIMEOUT = {"LIVEKIT_TIMEOUT_S": "15"}
"""For tests that do not stop LiveKit: on a busy machine, an answer may take longer than 3 s, the
default."""
ROOT = Path(__file__).resolve().parents[2]
UNEXPECTED_ERROR = '"event": "unexpected_error"'
"""Part of the log line of a request that failed with an exception in the endpoint."""


def check_error(answer: httpx.Response, status: int, code: str, *, retryable: bool = False) -> str:
    """Check the error body; return its message."""
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"success", "error", "fallback"}
    assert body["success"] is False
    message: str = body["error"].pop("message")
    assert body["error"] == {"code": code, "retryable": retryable}
    assert body["fallback"]["welcome_text"].startswith("Welcome")
    assert body["fallback"]["continue_url"].startswith("https://")
    assert body["fallback"]["locale"] == "en"
    return message


@dataclass
class Endpoint:
    """One running endpoint process."""

    http: httpx.AsyncClient
    process: asyncio.subprocess.Process
    log: list[str]


def endpoint_env(livekit: LiveKitServer | None, state: Path, **more: str) -> dict[str, str]:
    """The settings of an endpoint; without a server, LiveKit is not reachable."""
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
    return {
        **kept,
        "LIVEKIT_URL": livekit.url if livekit else "ws://127.0.0.1:1",
        "LIVEKIT_API_KEY": livekit.api_key if livekit else LIVEKIT_KEY,
        "LIVEKIT_API_SECRET": livekit.api_secret if livekit else LIVEKIT_SECRET,
        "LIVEKIT_AGENT_NAME": "greeter",
        "PLATFORM_API_KEY": API_KEY,
        "PLATFORM_JWT_SECRET": JWT_SECRET,
        "STATE_DIR": str(state),
        "CONTINUE_URL": CONTINUE_URL,
        "PYTHONPATH": str(ROOT),
        **more,
    }


@contextlib.asynccontextmanager
async def endpoint(env: dict[str, str], cwd: Path) -> AsyncIterator[Endpoint]:
    """`python -m agent.token_endpoint` on a free port; `cwd` must contain no .env."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "agent.token_endpoint",
        "--port",
        "0",
        env=env,
        cwd=cwd,
        stderr=asyncio.subprocess.PIPE,
    )
    log: list[str] = []
    assert process.stderr is not None
    stderr = process.stderr

    async def read() -> None:
        while line := await stderr.readline():
            log.append(line.decode().rstrip())

    reading = asyncio.create_task(read())

    async def address() -> str | None:
        assert process.returncode is None, "\n".join(log)
        found = re.search(r"http://127\.0\.0\.1:\d+", "\n".join(log))
        return found[0] if found else None

    try:
        base = await until_answer(address, timeout_s=180)
        async with httpx.AsyncClient(base_url=base, timeout=60) as http:
            yield Endpoint(http, process, log)
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 30)
            except TimeoutError:
                process.kill()
                await process.wait()
        await reading


@contextlib.asynccontextmanager
async def worker(livekit: LiveKitServer, log: Path, **more: str) -> AsyncIterator[None]:
    """Run a worker with the agent name `AGENT_NAME` (default `greeter`)."""
    command = (sys.executable, str(Path(__file__).with_name("endpoint_worker.py")), "start")
    env = {
        **endpoint_env(livekit, log.parent),
        "LIVEKIT_AGENT_NAME": "",  # otherwise it overrides AGENT_NAME
        "AGENT_NAME": "greeter",
        **more,
    }
    # With the processes of its jobs, which would outlive it.
    async with running(*command, log=log, env=env, end_with=signal.SIGKILL) as process:

        async def registered() -> bool:
            text = await asyncio.to_thread(log.read_text)
            assert process.returncode is None, text
            return "registered worker" in text

        await until_answer(registered, timeout_s=180)
        yield


@contextlib.asynccontextmanager
async def livekit_api(livekit: LiveKitServer) -> AsyncIterator[api.LiveKitAPI]:
    async with api.LiveKitAPI(
        livekit.url,
        livekit.api_key,
        livekit.api_secret,
        timeout=aiohttp.ClientTimeout(total=30),
    ) as opened:
        yield opened


async def agents_in(lk: api.LiveKitAPI, session_id: str) -> list[str]:
    """Return the identities of the agents in a session's room."""
    found = await lk.room.list_participants(
        api.ListParticipantsRequest(room=f"training-session-{session_id}")
    )
    return [p.identity for p in found.participants if p.kind == api.ParticipantInfo.Kind.AGENT]


async def room_of(lk: api.LiveKitAPI, session_id: str) -> Any:
    name = f"training-session-{session_id}"
    found = await lk.room.list_rooms(api.ListRoomsRequest(names=[name]))
    return next(iter(found.rooms), None)
