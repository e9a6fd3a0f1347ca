"""Secrets are in no log, answer, metric or error.

Each secret setting has a random value, and the providers repeat the key that they were sent. The
tests search all output of worker and token endpoint.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from agent.demo.livekit_server import ensure_binary, free_ports, livekit_server
from agent.demo.processes import child, wait_until_ready
from agent.demo.providers.wire import serving
from tests.support.canaries import canary, check, with_canaries
from tests.support.endpoint_requests import browser, path_of
from tests.support.livekit_client import LiveKitClient
from tests.support.waiting import until


@dataclass
class Echo:
    """Stands for all providers and the platform: answers 401 and repeats the request."""

    address: str = ""
    requests: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        received = {"path": request.path_qs, "headers": dict(request.headers)}
        error = {"code": 401, "message": f"bad key: {received}", "status": "X"}
        text = json.dumps({"error": error})
        self.requests.append(text)
        return web.Response(status=401, text=text, content_type="application/json")

    def has_got(self, text: str) -> bool:
        return any(text in request for request in self.requests)


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    server = Echo()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", server.answer)
    async with serving(app) as origin:
        server.address = origin.removeprefix("http://")
        yield server


async def test_logs_answers_and_metrics_contain_no_secret(echo: Echo, tmp_path: Path) -> None:
    env, hidden = with_canaries(echo.address)
    endpoint_port, worker_port, *metrics_ports = free_ports(4)
    pair = ("greeter-test", env["LIVEKIT_API_SECRET"])
    async with livekit_server(await ensure_binary(), tmp_path / "lk.log", key=pair) as server:
        env |= {
            "LIVEKIT_URL": server.url,
            "LIVEKIT_API_KEY": server.api_key,
            "LOG_LEVEL": "DEBUG",
            "AGENT_METRICS_PORT": str(metrics_ports[0]),
            "ENDPOINT_METRICS_PORT": str(metrics_ports[1]),
            "STATE_DIR": str(tmp_path / "state"),
            "ENDPOINT_URL": f"http://127.0.0.1:{endpoint_port}",
            "AGENT_HTTP_PORT": str(worker_port),
            "AGENT_HTTP_HOST": "127.0.0.1",
            "DRAIN_TIMEOUT_S": "2",
            "MAX_JOBS": "1",
        }
        logs = {name: tmp_path / f"{name}.log" for name in ("endpoint", "worker")}
        commands = {
            "endpoint": ("agent.token_endpoint", "--port", str(endpoint_port)),
            "worker": ("agent", "start"),
        }
        async with (
            child(*commands["endpoint"], env=env, log=logs["endpoint"]) as endpoint,
            child(*commands["worker"], env=env, log=logs["worker"]) as worker,
            httpx.AsyncClient(base_url=env["ENDPOINT_URL"], timeout=60) as http,
        ):
            await wait_until_ready(
                "endpoint", f"{env['ENDPOINT_URL']}/healthz", endpoint, logs["endpoint"], 120
            )
            health = f"http://127.0.0.1:{worker_port}/"
            await wait_until_ready("worker", health, worker, logs["worker"], 120)
            key = {"X-API-Key": env["PLATFORM_API_KEY"]}
            answer = await http.post(path_of("7") + "?token=eyJhbGci.eyJhbGci.x", headers=key)
            assert answer.status_code == 201, answer.text
            response = answer.json()
            wrong = [
                await http.post(path_of("7"), headers=browser("7")),
                await http.post(path_of("7"), headers={"X-API-Key": f"{key['X-API-Key']}x"}),
                await http.post("/metrics", headers=key),
            ]
            metrics = [await http.get(f"http://127.0.0.1:{port}/metrics") for port in metrics_ports]
            assert all("training_greeter_" in answer.text for answer in metrics)
            client = LiveKitClient()
            await client.join(response["server_url"], response["participant_token"])
            await until(lambda: all(echo.has_got(key) for key in provider_keys(env)), 120)
            await until(lambda: "401" in logs["worker"].read_text(), 60, "no 401 was logged")
            ended = await http.post(path_of("7", end=True), headers=key)
            assert ended.status_code == 200
            await until(lambda: echo.has_got("/outcomes"))
            await until(
                lambda: any("outcome_delivery_failed" in log.read_text() for log in logs.values()),
                failure="the failed delivery was not logged",
            )
            await client.leave()
        for text in (log.read_text() for log in logs.values()):
            check(text, hidden)
        for answer in [*metrics, *wrong]:
            check(answer.text, hidden)


def provider_keys(env: dict[str, str]) -> list[str]:
    """Return the keys that the providers must have received, so that they could repeat them."""
    return [env[name] for name in ("BEYOND_PRESENCE_API_KEY", "DEEPGRAM_API_KEY", "GOOGLE_API_KEY")]


@pytest.mark.parametrize(
    "module",
    [
        ("agent.token_endpoint", "--port", "0"),
        pytest.param(("agent", "start"), marks=pytest.mark.variant),
    ],
)
async def test_errors_at_startup_contain_no_secret(
    echo: Echo, tmp_path: Path, module: tuple[str, ...]
) -> None:
    env, hidden = with_canaries(echo.address)
    [closed_port, health] = free_ports(2)
    working = {
        **env,
        "LIVEKIT_URL": f"ws://127.0.0.1:{closed_port}",
        "LIVEKIT_API_KEY": "k",
        "STARTUP_TIMEOUT_S": "1",
        "AGENT_HTTP_PORT": str(health),
    }
    password = canary()
    crashes = {
        "unusable REDIS_URL": {"REDIS_URL": f"nonsense://:{password}@127.0.0.1:1"},
        "unusable STATE_DIR": {"STATE_DIR": "/dev/null/x", "REDIS_URL": ""},
    }
    typed = ("AGENT_HTTP_PORT", "TOKEN_TTL_S", "RETENTION_DAYS", "LIVEKIT_URL")
    crashes["secrets in other settings"] = dict.fromkeys(typed, env["PLATFORM_API_KEY"])

    async def crash(number: int, more: dict[str, str]) -> None:
        log = tmp_path / f"{number}.log"
        async with child(*module, env={**working, **more}, log=log) as process:
            assert await asyncio.wait_for(process.wait(), 120) != 0
        check(log.read_text(), [*hidden, password])

    await asyncio.gather(*(crash(*each) for each in enumerate(crashes.values())))
