"""OUTCOME_DETAIL=aggregate with the real worker and token endpoint: everything they write."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import jwt
import pytest

from agent.core.settings import StoreSettings
from agent.demo.livekit_server import free_ports
from agent.demo.processes import child, wait_until_ready
from agent.store import open_store
from tests.support.endpoint_requests import path_of
from tests.support.livekit_client import LiveKitClient
from tests.support.product import Product
from tests.support.waiting import until, until_answer
from tests.support.webhook_receiver import SECRET, receiver

TYPED = "Lighthouses have four corners"
SESSION = "canary-session-4711"


@pytest.mark.variant
async def test_only_counts_leave_the_product(product: Product, tmp_path: Path) -> None:
    endpoint_port, worker_port, *metrics_ports = free_ports(4)
    logs = {name: tmp_path / f"{name}.log" for name in ("endpoint", "worker")}
    async with receiver() as platform:
        env = {
            **product.stage.environment,
            "OUTCOME_DETAIL": "aggregate",
            "RECORDING": "off",
            "OUTCOME_WEBHOOK_URL": platform.url,
            "OUTCOME_WEBHOOK_SECRET": SECRET,
            "STATE_DIR": str(tmp_path / "state"),
            "LIVEKIT_AGENT_NAME": "aggregate",
            "LOG_LEVEL": "DEBUG",
            "LOG_FORMAT": "json",
            "AGENT_HTTP_HOST": "127.0.0.1",
            "AGENT_HTTP_PORT": str(worker_port),
            "AGENT_METRICS_PORT": str(metrics_ports[0]),
            "ENDPOINT_METRICS_PORT": str(metrics_ports[1]),
            "MAX_JOBS": "1",
            "DRAIN_TIMEOUT_S": "2",
        }
        base = f"http://127.0.0.1:{endpoint_port}"
        command = ("agent.token_endpoint", "--port", str(endpoint_port))
        async with (
            child(*command, env=env, log=logs["endpoint"]) as endpoint,
            child("agent", "start", env=env, log=logs["worker"]) as worker,
            httpx.AsyncClient(base_url=base, timeout=20) as http,
        ):
            await wait_until_ready("endpoint", f"{base}/healthz", endpoint, logs["endpoint"], 120)
            health = f"http://127.0.0.1:{worker_port}/"
            await wait_until_ready("worker", health, worker, logs["worker"], 120)
            answer = await http.post(
                path_of(SESSION),
                headers={"X-API-Key": env["PLATFORM_API_KEY"]},
                json={"trainee": {"id": "canary-trainee", "name": "Ada"}, "role": "picker"},
            )
            assert answer.status_code == 201, answer.text
            trainee = jwt.decode(
                answer.json()["participant_token"], options={"verify_signature": False}
            )["sub"]
            client = LiveKitClient()
            await client.join(answer.json()["server_url"], answer.json()["participant_token"])
            await until(lambda: bool(client.captions), 60, "the agent said nothing")
            await client.type(TYPED)
            await client.press_continue()
            await client.leave()
            store = open_store(StoreSettings.from_env(env))
            await until_answer(
                store.counts, lambda counts: any(name.startswith("greetings|") for name in counts)
            )
            stored = await store.outcomes(SESSION)
            await store.aclose()
            await platform.has(1)
            metrics = [await http.get(f"http://127.0.0.1:{port}/metrics") for port in metrics_ports]
    sent = [body.decode() for _, body in platform.requests]
    assert {json.loads(body)["type"] for body in sent} == {"greetings.counted"}
    written = {name: log.read_text() for name, log in logs.items()}
    for where, text in {
        "store": "".join(stored).replace(f'"session_id":"{SESSION}"', ""),
        "webhook": "".join(sent),
        "metrics": "".join(answer.text for answer in metrics),
        **written,
    }.items():
        for canary in (TYPED, SESSION, "canary-trainee", trainee):
            found = text.find(canary)
            assert found < 0, f"{where}: …{text[max(0, found - 300) : found + 40]}…"
