"""The worker process: it says why it cannot start, and it drains before it stops."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from livekit import api

from agent.core.settings import StoreSettings
from agent.demo.livekit_server import ensure_binary, free_ports, livekit_server
from agent.demo.processes import child
from agent.store import accepted_lease, open_store
from tests.support.conversation import wait_for_opening
from tests.support.doctor_report import as_lines, results_for
from tests.support.livekit_client import LiveKitClient
from tests.support.livekit_token import trainee_token
from tests.support.metrics import metrics_port
from tests.support.product import Product
from tests.support.shipped_scripts import first_sentence, shipped_script
from tests.support.waiting import until, until_answer
from tests.support.workers import extra_worker, settings_of


async def exit_of(env: Mapping[str, str], tmp_path: Path, timeout: float = 120) -> tuple[int, str]:
    """Run a worker until it exits by itself; return its exit code and output."""
    log = tmp_path / "worker.log"
    async with child("agent", "start", env=env, log=log) as worker:
        code = await asyncio.wait_for(worker.wait(), timeout)
    return code, log.read_text()


async def test_worker_exits_at_once_if_livekit_refuses_its_key(
    product: Product, tmp_path: Path
) -> None:
    # Longer than the test waits.
    settings = {"LIVEKIT_API_SECRET": "not-the-secret-" * 3, "STARTUP_TIMEOUT_S": "300"}
    wrong = {**product.stage.environment, **settings}
    code, said = await exit_of(wrong, tmp_path)
    assert code == 1
    assert "refuses LIVEKIT_API_KEY and LIVEKIT_API_SECRET" in said
    assert "eyJ" not in said


async def test_worker_exits_after_the_startup_timeout_if_livekit_is_unreachable(
    product: Product, tmp_path: Path
) -> None:
    [unused] = free_ports(1)
    dead = {
        **product.stage.environment,
        "LIVEKIT_URL": f"ws://127.0.0.1:{unused}",
        "STARTUP_TIMEOUT_S": "2",
        "MAX_JOB": "3",
    }
    code, said = await exit_of(dead, tmp_path)
    assert code == 1
    assert "cannot be reached within 2 s" in said
    assert '"variable": "MAX_JOB", "similar_to": "MAX_JOBS"' in said
    assert "LIVEKIT_URL" in said


@pytest.mark.variant
async def test_worker_names_a_taken_health_port(product: Product, tmp_path: Path) -> None:
    taken = product.stage.environment["AGENT_HTTP_PORT"]
    code, said = await exit_of(product.stage.environment, tmp_path)
    assert code == 1
    assert f"port {taken} is in use" in said
    assert "AGENT_HTTP_PORT" in said
    assert "Traceback" not in said


async def test_worker_names_all_missing_settings(tmp_path: Path) -> None:
    code, said = await exit_of({}, tmp_path)
    assert code == 2
    assert "LIVEKIT_URL" in said
    assert "GOOGLE_API_KEY" in said
    assert "Traceback" not in said


async def test_worker_is_not_ready_while_livekit_is_gone(product: Product, tmp_path: Path) -> None:
    binary = await ensure_binary()
    [port] = free_ports(1)
    async with httpx.AsyncClient(timeout=15) as http:

        async def becomes(status: int, timeout: float) -> None:
            page = f"{worker.url}/"
            await until_answer(lambda: http.get(page), lambda a: a.status_code == status, timeout)

        first = livekit_server(binary, tmp_path / "lk1.log", port=port)
        server = await first.__aenter__()
        try:
            running = extra_worker(
                product.stage.environment, tmp_path / "worker.log", **settings_of(server)
            )
            worker = await running.__aenter__()
        finally:
            await first.__aexit__(None, None, None)
        try:
            await becomes(503, 60)
            assert (await http.get(f"{worker.url}/readyz")).status_code == 503
            assert (await http.get(f"{worker.url}/healthz")).status_code == 200
            same_key = (server.api_key, server.api_secret)
            async with livekit_server(binary, tmp_path / "lk2.log", port=port, key=same_key):
                await becomes(200, 60)
        finally:
            await running.__aexit__(None, None, None)


@pytest.fixture
def other_agent() -> str:
    """An agent name of this test only, so that its worker gets its jobs and no others."""
    return "test-" + os.urandom(3).hex()


async def enter_as(product: Product, agent_name: str, room: str) -> LiveKitClient:
    """Create a room with one dispatch, and join it."""
    livekit = product.stage.livekit
    assert livekit is not None
    dispatch = api.RoomAgentDispatch(agent_name=agent_name)
    await product.livekit.room.create_room(api.CreateRoomRequest(name=room, agents=[dispatch]))
    return await product.join(livekit.url, trainee_token(livekit, room, name="Lin"))


async def test_worker_drains_while_another_worker_takes_new_greetings(
    product: Product, tmp_path: Path, other_agent: str
) -> None:
    settings = {"LIVEKIT_AGENT_NAME": other_agent, "DRAIN_TIMEOUT_S": "90"}
    begins = first_sentence(shipped_script(name="Lin").opening)
    async with contextlib.AsyncExitStack() as stack, httpx.AsyncClient(timeout=15) as http:
        workers = [
            extra_worker(product.stage.environment, tmp_path / f"{name}.log", **settings)
            for name in ("one", "two")
        ]
        started = await asyncio.gather(*map(stack.enter_async_context, workers))
        room = f"drain-{other_agent}"
        client = await enter_as(product, other_agent, room)
        await client.hears(after=0)
        # The old worker is the one that has the first greeting.
        new, old = sorted(started, key=lambda worker: room in worker.log.read_text())
        old.process.send_signal(signal.SIGTERM)
        answer = await until_answer(
            lambda: http.get(f"{old.url}/readyz"), lambda answer: answer.status_code == 503
        )
        assert answer.json()["draining"] is True
        assert (await http.get(f"{old.url}/healthz")).status_code == 200

        second = await enter_as(product, other_agent, f"next-{other_agent}")
        assert (await wait_for_opening(second)).startswith(begins)
        assert f"next-{other_agent}" in new.log.read_text()
        await second.press_continue()

        assert (await wait_for_opening(client)).startswith(begins)
        await client.silence()
        typed_at = time.monotonic()
        await client.type("How long does the video take?")
        await client.hears(after=typed_at)
        assert old.process.returncode is None
        metrics = f"http://127.0.0.1:{metrics_port(old.log.read_text())}/metrics"
        # It takes no more jobs: TrainingGreeterWorkersAreFull must not count on it.
        none_free = 'training_greeter_jobs{state="free"} 0.0'
        await until_answer(lambda: http.get(metrics), lambda answer: none_free in answer.text)
        await client.press_continue()
        assert await asyncio.wait_for(old.process.wait(), 120) == 0
        assert (await http.get(f"{new.url}/readyz")).status_code == 200


async def test_worker_tells_the_supervisor_at_once_that_it_accepted_a_job(
    product: Product,
) -> None:
    """Otherwise a slow job would cost a second avatar: LiveKit lists it up to 5 s late."""
    answer = (await product.ask()).json()
    lease = accepted_lease(answer["session_id"])
    store = open_store(StoreSettings.from_env(product.stage.environment))
    try:
        await until_answer(lambda: store.lease_is_held(lease))
        client = await product.join(answer["server_url"], answer["participant_token"])
        # If the room were deleted while the job connects, the job would last for 15 s more.
        await until(lambda: client.agent is not None)
    finally:
        await store.aclose()


async def test_worker_leaves_jobs_beyond_max_jobs_and_ends_its_own_at_the_drain_timeout(
    product: Product, tmp_path: Path, other_agent: str
) -> None:
    log = tmp_path / "worker.log"
    settings = {"LIVEKIT_AGENT_NAME": other_agent, "MAX_JOBS": "1", "DRAIN_TIMEOUT_S": "2"}
    own, others = f"one-{other_agent}", f"two-{other_agent}"
    async with extra_worker(product.stage.environment, log, **settings) as worker:
        client = await enter_as(product, other_agent, own)
        await client.hears(after=0)
        await enter_as(product, other_agent, others)
        await until(lambda: "another worker" in log.read_text(), 60, "the second job was accepted")
        assert log.read_text().count('"received job request"') >= 2
        assert len(await product.participants(others)) == 1

        worker.process.send_signal(signal.SIGTERM)
        await until(lambda: client.disconnected_at is not None, 60, "the room was not deleted")
        await product.room_is_deleted(own)
        await asyncio.wait_for(worker.process.wait(), 120)
    await product.paid_avatars_left(own)
    assert '"reason": "worker_shutdown"' in log.read_text()
    await client.leave()


async def test_worker_without_agent_name_joins_every_room_reads_its_metadata_and_warns_in_doctor(
    tmp_path: Path, product: Product
) -> None:
    """The server is its own, because this worker would take the rooms of all other tests."""
    binary = await ensure_binary()
    async with livekit_server(binary, tmp_path / "lk.log") as server:
        settings = {**settings_of(server), "LIVEKIT_AGENT_NAME": ""}
        async with (
            extra_worker(product.stage.environment, tmp_path / "worker.log", **settings) as worker,
            api.LiveKitAPI(server.url, server.api_key, server.api_secret) as livekit,
        ):
            room = "training-session-auto"
            metadata = '{"session_id": "auto", "trainee": {"name": "Mira"}}'
            await livekit.room.create_room(api.CreateRoomRequest(name=room, metadata=metadata))
            client = await product.join(server.url, trainee_token(server, room))
            assert await wait_for_opening(client) == shipped_script(name="Mira").opening
            health = {"AGENT_HTTP_PORT": worker.url.rpartition(":")[2]}
            results = await results_for({**product.stage.environment, **settings, **health})
        found = "\n".join(as_lines(results))
        assert "warning worker.name LIVEKIT_AGENT_NAME is empty" in found
        assert "ok worker.registered a worker answers without a name" in found
        assert "ok worker.health " in found
