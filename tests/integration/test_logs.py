"""The logs of worker and token endpoint: JSON or text, with the ids of the job."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx

from agent.demo.livekit_server import free_ports
from agent.demo.processes import child, wait_until_ready
from tests.support.conversation import wait_for_opening
from tests.support.product import Product
from tests.support.waiting import until_answer


async def test_log_lines_are_json_and_lines_of_a_job_have_its_ids(product: Product) -> None:
    logs = {name: product.logs / f"{name}.log" for name in ("worker", "endpoint")}
    # An earlier test may have killed a job in the middle of a line.
    sizes_before = {name: log.stat().st_size for name, log in logs.items()}
    client, response, _ = await product.enter()
    await wait_for_opening(client)
    await client.press_continue()
    session_id = response["session_id"]
    await product.outcome(session_id)
    for name, log in logs.items():
        whole, _, _ = log.read_bytes()[sizes_before[name] :].rpartition(b"\n")
        lines = whole.decode().splitlines()
        assert lines
        for line in lines:
            event = json.loads(line)
            assert {"timestamp", "level", "name", "message", "pid"} <= set(event), line
    events = product.events("worker")
    pid = product.job_process(session_id)
    first = next(i for i, event in enumerate(events) if event.get("session_id") == session_id)
    for event in events[first:]:
        if event["pid"] == pid:
            assert event.get("session_id") == session_id, event
            assert event.get("room") == response["room_name"], event
            assert event.get("job_id"), event
    ours = [e for e in product.events("endpoint") if e.get("session_id") == session_id]
    assert ours, "the token endpoint logs the session id of a request"


async def test_token_endpoint_without_livekit_is_alive_not_ready_and_logs_text(
    tmp_path: Path, product: Product
) -> None:
    port, closed_port = free_ports(2)
    env = {
        **product.stage.environment,
        "LIVEKIT_URL": f"ws://127.0.0.1:{closed_port}",
        "STATE_DIR": str(tmp_path / "state"),
        "LOG_FORMAT": "text",
    }
    log, base = tmp_path / "endpoint.log", f"http://127.0.0.1:{port}"
    command = ("agent.token_endpoint", "--port", str(port))
    async with child(*command, env=env, log=log) as endpoint:
        await wait_until_ready("endpoint", f"{base}/healthz", endpoint, log, 120)
        async with httpx.AsyncClient(base_url=base, timeout=15) as http:
            answer = await until_answer(
                lambda: http.get("/readyz"), lambda answer: answer.json()["store"]
            )
            assert answer.status_code == 503
            assert answer.json() == {"ready": False, "store": True, "livekit": False}
            assert (await http.get("/healthz")).status_code == 200
    shape = r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00 [A-Z]+ \S.*"
    lines = log.read_text().splitlines()
    assert lines
    assert [line for line in lines if not re.fullmatch(shape, line)] == []
