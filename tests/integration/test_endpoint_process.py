"""The endpoint's process: settings, failures of LiveKit and the store, and how it ends."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from pathlib import Path

from agent.demo.livekit_server import LiveKitServer
from tests.support.endpoint_process import Endpoint, check_error, endpoint, endpoint_env
from tests.support.endpoint_requests import BACKEND, path_of
from tests.support.waiting import until

ORIGIN = "https://platform.example"
PAGE_WAITS_S = 10.0
"""For an answer of the endpoint."""


async def logs(served: Endpoint, text: str) -> None:
    """Wait until a line of the log has this text; the log arrives after the answer."""
    await until(lambda: any(text in line for line in served.log), 60, f"no log line {text!r}")


async def test_cors_is_off_by_default(livekit: LiveKitServer, tmp_path: Path) -> None:
    async with endpoint(endpoint_env(livekit, tmp_path / "s"), tmp_path) as plain:
        ask = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
        answer = await plain.http.options(path_of("1"), headers=ask)
        check_error(answer, 405, "method_not_allowed")
        assert "access-control-allow-origin" not in answer.headers
        plain.process.terminate()
        assert await asyncio.wait_for(plain.process.wait(), 120) == 0


async def test_unreachable_livekit_is_a_503_with_fallback_in_time(
    livekit: LiveKitServer, tmp_path: Path
) -> None:
    with socket.socket() as hung:  # accepts, and never answers
        hung.bind(("127.0.0.1", 0))
        hung.listen()
        env = endpoint_env(
            livekit,
            tmp_path / "s",
            LIVEKIT_URL=f"ws://127.0.0.1:{hung.getsockname()[1]}",
            LIVEKIT_TIMEOUT_S="0.5",
        )
        async with endpoint(env, tmp_path) as cut_off:
            begun = time.monotonic()
            told = {"trainee": {"name": "Asha"}}
            answer = await cut_off.http.post(path_of("1"), headers=BACKEND, json=told)
            assert time.monotonic() - begun < PAGE_WAITS_S
            check_error(answer, 503, "livekit_unavailable", retryable=True)
            assert int(answer.headers["retry-after"]) >= 1
            assert "Asha" in answer.json()["fallback"]["welcome_text"]
            await logs(cut_off, "CreateRoom: LiveKit was not reached")


async def test_refused_livekit_credentials_are_in_neither_response_nor_log(
    livekit: LiveKitServer, tmp_path: Path
) -> None:
    env = endpoint_env(livekit, tmp_path / "s", LIVEKIT_API_SECRET="w" * 40)
    async with endpoint(env, tmp_path) as wrong:
        answer = await wrong.http.post(path_of("1"), headers=BACKEND)
        check_error(answer, 503, "livekit_unavailable", retryable=True)
        await logs(wrong, "LiveKit answered 401")
        assert "eyJ" not in "\n".join(wrong.log) + answer.text


async def test_no_greeting_starts_without_the_store(livekit: LiveKitServer, tmp_path: Path) -> None:
    env = endpoint_env(livekit, tmp_path / "s", REDIS_URL="redis://:password@127.0.0.1:1/0")
    async with endpoint(env, tmp_path) as forgetful:
        for end in (False, True):
            answer = await forgetful.http.post(path_of("1", end=end), headers=BACKEND)
            check_error(answer, 503, "store_unavailable", retryable=True)
        assert "password" not in "\n".join(forgetful.log)


async def run(*arguments: str, env: dict[str, str], cwd: Path) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "agent.token_endpoint",
        *arguments,
        env=env,
        cwd=cwd,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await asyncio.wait_for(process.communicate(), 120)
    return process.returncode, err.decode()


async def test_process_names_missing_settings_and_exits(
    livekit: LiveKitServer, tmp_path: Path
) -> None:
    env = endpoint_env(livekit, tmp_path / "s")
    for name in ("LIVEKIT_URL", "LIVEKIT_API_KEY"):
        del env[name]
    code, said = await run(env=env, cwd=tmp_path)
    assert code == 2
    assert "LIVEKIT_URL" in said
    assert "LIVEKIT_API_KEY" in said
    assert "Traceback" not in said


async def test_process_names_a_port_that_is_in_use_and_exits(
    livekit: LiveKitServer, tmp_path: Path
) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        code, said = await run("--port", port, env=endpoint_env(livekit, tmp_path), cwd=tmp_path)
    assert code == 1
    assert f"127.0.0.1:{port}" in said
    assert len(said.splitlines()) == 1


async def test_environment_overrides_the_env_file(livekit: LiveKitServer, tmp_path: Path) -> None:
    env = endpoint_env(livekit, tmp_path / "s")
    del env["CONTINUE_URL"]
    (tmp_path / ".env").write_text(
        "CONTINUE_URL=https://from.file/\nPLATFORM_API_KEY=another-backends-key\n"
    )
    async with endpoint(env, tmp_path) as started:
        answer = await started.http.post(path_of("1"), headers=BACKEND)
        assert answer.status_code == 201
        assert answer.json()["fallback"]["continue_url"] == "https://from.file/"
