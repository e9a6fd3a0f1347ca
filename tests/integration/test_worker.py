"""The worker's process: it says when it cannot run, and loses nobody when it stops."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from livekit import api

from agent.demo.livekit_server import ensure_binary, free_ports, livekit_server
from agent.demo.processes import child, wait_until_ready
from tests.integration.test_greeting import the_opening
from tests.support.livekit_client import LiveKitClient
from tests.support.product import Product
from tests.support.waiting import until


async def ends(env: Mapping[str, str], tmp_path: Path, timeout: float = 30) -> tuple[int, str]:
    """Run a worker until it ends by itself: its exit code and what it said."""
    log = tmp_path / "worker.log"
    async with child("worker", "agent", "start", env=env, log=log) as worker:
        code = await asyncio.wait_for(worker.wait(), timeout)
    return code, log.read_text()


async def test_refused_credentials_end_it_at_once(product: Product, tmp_path: Path) -> None:
    wrong = {**product.here.environment, "LIVEKIT_API_SECRET": "not-the-secret-" * 3}
    started_at = time.monotonic()
    code, said = await ends(wrong, tmp_path)
    assert code == 1
    assert "refuses LIVEKIT_API_KEY and LIVEKIT_API_SECRET" in said
    assert "eyJ" not in said
    assert time.monotonic() - started_at < 20


async def test_unreachable_server_ends_it_after_its_time(product: Product, tmp_path: Path) -> None:
    [nobody] = free_ports(1)
    dead = {
        **product.here.environment,
        "LIVEKIT_URL": f"ws://127.0.0.1:{nobody}",
        "STARTUP_TIMEOUT_S": "2",
    }
    code, said = await ends(dead, tmp_path)
    assert code == 1
    assert "cannot be reached within 2 s" in said
    assert "LIVEKIT_URL" in said


async def test_taken_health_port_is_named(product: Product, tmp_path: Path) -> None:
    taken = product.here.environment["AGENT_HTTP_PORT"]
    code, said = await ends(product.here.environment, tmp_path)
    assert code == 1
    assert f"port {taken} is taken" in said
    assert "AGENT_HTTP_PORT" in said


async def test_missing_settings_are_named_together(tmp_path: Path) -> None:
    code, said = await ends({}, tmp_path)
    assert code == 2
    assert "LIVEKIT_URL" in said
    assert "GOOGLE_API_KEY" in said
    assert "Traceback" not in said


async def test_lost_livekit_is_not_ready_and_a_returned_one_is(
    product: Product, tmp_path: Path
) -> None:
    binary = await ensure_binary()
    [port, health] = free_ports(2)
    log = tmp_path / "worker.log"
    page = f"http://127.0.0.1:{health}/"
    async with httpx.AsyncClient(timeout=5) as http:

        async def becomes(status: int, timeout: float) -> None:
            async with asyncio.timeout(timeout):
                while (await http.get(page)).status_code != status:
                    await asyncio.sleep(0.1)

        async with livekit_server(binary, tmp_path / "lk1.log", port=port) as first:
            env = {
                **product.here.environment,
                "LIVEKIT_URL": first.url,
                "LIVEKIT_API_KEY": first.api_key,
                "LIVEKIT_API_SECRET": first.api_secret,
                "AGENT_HTTP_PORT": str(health),
            }
            worker = child("worker", "agent", "start", env=env, log=log)
            process = await worker.__aenter__()
            await wait_until_ready("worker", page, process, log, 40)
        try:
            await becomes(503, 10)
            assert (await http.get(f"{page}readyz")).status_code == 503
            assert (await http.get(f"{page}healthz")).status_code == 200, "it is alive"
            same = (first.api_key, first.api_secret)
            async with livekit_server(binary, tmp_path / "lk2.log", port=port, key=same):
                await becomes(200, 30)
        finally:
            await worker.__aexit__(None, None, None)


@pytest.fixture
def other_agent() -> str:
    """An agent name of the test's own, so that its worker gets its jobs and no others."""
    return "test-" + os.urandom(3).hex()


async def enter_as(
    product: Product, agent_name: str, room: str, metadata: str = ""
) -> LiveKitClient:
    """Create a room with one dispatch and walk in."""
    livekit = product.here.livekit
    dispatch = api.RoomAgentDispatch(agent_name=agent_name, metadata=metadata)
    await product.livekit.room.create_room(api.CreateRoomRequest(name=room, agents=[dispatch]))
    token = (
        api.AccessToken(livekit.api_key, livekit.api_secret)
        .with_identity("trainee")
        .with_name("Lin")
        .with_grants(api.VideoGrants(room_join=True, room=room))
        .to_jwt()
    )
    client = await product.join(livekit.url, token)
    return client


async def test_a_rolling_update_cuts_no_greeting_and_the_next_one_goes_to_the_other_worker(
    product: Product, tmp_path: Path, other_agent: str
) -> None:
    old_port, new_port = free_ports(2)
    env = {
        **product.here.environment,
        "LIVEKIT_AGENT_NAME": other_agent,
        "DRAIN_TIMEOUT_S": "90",
    }
    old = {**env, "AGENT_HTTP_PORT": str(old_port)}
    new = {**env, "AGENT_HTTP_PORT": str(new_port)}
    old_page, new_page = (f"http://127.0.0.1:{port}" for port in (old_port, new_port))
    log, new_log = tmp_path / "worker.log", tmp_path / "new.log"
    async with (
        child("worker", "agent", "start", env=old, log=log) as worker,
        httpx.AsyncClient(timeout=5) as http,
    ):
        await wait_until_ready("worker", f"{old_page}/readyz", worker, log, 40)
        client = await enter_as(product, other_agent, f"drain-{other_agent}")
        await client.hears(after=0)
        async with child("new", "agent", "start", env=new, log=new_log) as newer:
            await wait_until_ready("new", f"{new_page}/readyz", newer, new_log, 40)
            worker.send_signal(signal.SIGTERM)
            async with asyncio.timeout(5):
                while (await http.get(f"{old_page}/readyz")).status_code != 503:
                    await asyncio.sleep(0.1)
            assert (await http.get(f"{old_page}/readyz")).json()["draining"] is True
            assert (await http.get(f"{old_page}/healthz")).status_code == 200, "it is alive"

            second = await enter_as(product, other_agent, f"next-{other_agent}")
            assert (await the_opening(second)).startswith("Hello Lin")
            assert f"next-{other_agent}" in new_log.read_text()
            await second.press_continue()

            assert (await the_opening(client)).startswith("Hello Lin")
            await client.silence()
            typed_at = time.monotonic()
            await client.type("How long does the video take?")
            await client.hears(after=typed_at)
            assert worker.returncode is None
            await client.press_continue()
            assert await asyncio.wait_for(worker.wait(), 20) == 0
            assert (await http.get(f"{new_page}/readyz")).status_code == 200


async def test_drain_that_lasts_too_long_still_leaves_no_avatar(
    product: Product, tmp_path: Path, other_agent: str
) -> None:
    [health] = free_ports(1)
    room = f"drain-{other_agent}"
    env = {
        **product.here.environment,
        "LIVEKIT_AGENT_NAME": other_agent,
        "AGENT_HTTP_PORT": str(health),
        "DRAIN_TIMEOUT_S": "2",
    }
    log = tmp_path / "worker.log"
    async with child("worker", "agent", "start", env=env, log=log) as worker:
        await wait_until_ready("worker", f"http://127.0.0.1:{health}/", worker, log, 40)
        client = await enter_as(product, other_agent, room)
        await client.hears(after=0)
        worker.send_signal(signal.SIGTERM)
        await until(lambda: client.disconnected_at is not None, 15, "the room was left open")
        assert not await product.room_exists(room)
        await asyncio.wait_for(worker.wait(), 20)
    assert '"reason": "worker_shutdown"' in log.read_text()
    await client.leave()


async def test_more_than_max_jobs_are_left_to_other_workers(
    product: Product, tmp_path: Path, other_agent: str
) -> None:
    [health] = free_ports(1)
    env = {
        **product.here.environment,
        "LIVEKIT_AGENT_NAME": other_agent,
        "AGENT_HTTP_PORT": str(health),
        "MAX_JOBS": "1",
    }
    log = tmp_path / "worker.log"
    async with child("worker", "agent", "start", env=env, log=log) as worker:
        await wait_until_ready("worker", f"http://127.0.0.1:{health}/", worker, log, 40)
        first = await enter_as(product, other_agent, f"one-{other_agent}")
        await until(lambda: first.agent is not None, 10, "the first was not served")
        await enter_as(product, other_agent, f"two-{other_agent}")
        await until(lambda: "leaving this one" in log.read_text(), 10, "the second was taken")
        assert log.read_text().count('"received job request"') == 2
        assert len(await product.participants(f"two-{other_agent}")) == 1, "it was served as well"


async def test_empty_agent_name_greets_every_new_room_from_its_metadata(
    tmp_path: Path, product: Product
) -> None:
    """On a server of its own: this worker would take every room of the others."""
    binary = await ensure_binary()
    [health] = free_ports(1)
    async with livekit_server(binary, tmp_path / "lk.log") as server:
        env = {
            **product.here.environment,
            "LIVEKIT_URL": server.url,
            "LIVEKIT_API_KEY": server.api_key,
            "LIVEKIT_API_SECRET": server.api_secret,
            "LIVEKIT_AGENT_NAME": "",
            "AGENT_HTTP_PORT": str(health),
        }
        log = tmp_path / "worker.log"
        async with (
            child("worker", "agent", "start", env=env, log=log) as worker,
            api.LiveKitAPI(server.url, server.api_key, server.api_secret) as livekit,
        ):
            await wait_until_ready("worker", f"http://127.0.0.1:{health}/", worker, log, 40)
            room = "training-session-auto"
            metadata = '{"session_id": "auto", "trainee": {"name": "Mira"}}'
            await livekit.room.create_room(api.CreateRoomRequest(name=room, metadata=metadata))
            token = (
                api.AccessToken(server.api_key, server.api_secret)
                .with_identity("trainee")
                .with_grants(api.VideoGrants(room_join=True, room=room))
                .to_jwt()
            )
            client = await product.join(server.url, token)
            assert (await the_opening(client)).startswith("Hello Mira")
