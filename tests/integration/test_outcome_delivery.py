"""The shipped processes deliver what the store holds: the endpoint, and the worker to its end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.demo.livekit_server import LiveKitServer, ensure_binary, free_ports, livekit_server
from agent.demo.processes import child, wait_until_ready
from agent.outcomes.record import Ended, Outcome
from agent.store import SqliteStore
from tests.integration.endpoint_fixtures import endpoint, endpoint_env, until
from tests.unit.webhook_receiver import SECRET, receiver

WORKER = {
    "BEYOND_PRESENCE_API_KEY": "k",
    "BEYOND_PRESENCE_AVATAR_ID": "a",
    "DEEPGRAM_API_KEY": "k",
    "GOOGLE_API_KEY": "k",
    "MAX_JOBS": "1",
}


@pytest.fixture(scope="module")
async def livekit(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveKitServer]:
    log = tmp_path_factory.mktemp("livekit") / "log"
    async with livekit_server(await ensure_binary(), log) as server:
        yield server


async def opened(store: SqliteStore, id_: str, lease_s: float) -> Outcome:
    record = Outcome(
        id=id_,
        session_id="7",
        script="forklift",
        script_version=1,
        locale="en",
        started_at=datetime.now(UTC),
    )
    await store.open_outcome(id_, "7", record.model_dump_json(), lease_s)
    return record


async def test_the_endpoint_closes_and_delivers_what_a_dead_worker_left(
    livekit: LiveKitServer, tmp_path: Path
) -> None:
    await opened(SqliteStore(tmp_path / "state" / "store.sqlite3"), "o", -1)
    async with receiver(503) as platform:
        env = endpoint_env(
            livekit,
            tmp_path / "state",
            OUTCOME_WEBHOOK_URL=platform.url,
            OUTCOME_WEBHOOK_SECRET=SECRET,
            LOG_FORMAT="text",
        )
        async with endpoint(env, tmp_path) as running:
            await platform.has(1)

            async def said() -> bool:
                return any("it is sent again" in line for line in running.log)

            await until(said)
            [message] = platform.verified()
            assert message["data"]["ended"]["reason"] == "worker_lost"
            [line] = [line for line in running.log if "it is sent again" in line]
            assert "OUTCOME_WEBHOOK_URL answered 503: look at the platform's log" in line
            assert "outcome_id=o session_id=7 attempts=1 status=503" in line
            running.process.terminate()
            assert await asyncio.wait_for(running.process.wait(), 10) == 0


async def test_the_worker_delivers_what_ended_in_its_last_second(
    livekit: LiveKitServer, tmp_path: Path
) -> None:
    [health] = free_ports(1)
    log = tmp_path / "worker.log"
    async with receiver() as platform:
        env = {
            **endpoint_env(livekit, tmp_path / "state", **WORKER),
            "OUTCOME_WEBHOOK_URL": platform.url,
            "OUTCOME_WEBHOOK_SECRET": SECRET,
            "AGENT_HTTP_HOST": "127.0.0.1",
            "AGENT_HTTP_PORT": str(health),
        }
        async with child("worker", "agent", "start", env=env, log=log) as worker:
            await wait_until_ready("worker", f"http://127.0.0.1:{health}/", worker, log, 40)
            store = SqliteStore(tmp_path / "state" / "store.sqlite3")
            record = await opened(store, "o", 60)
            record.ended = Ended(reason="continue", at=datetime.now(UTC))
            worker.send_signal(signal.SIGTERM)
            await store.close_outcome("o", record.model_dump_json())
            assert await asyncio.wait_for(worker.wait(), 30) == 0
        assert platform.ids() == ["o"]
    said = log.read_text()
    assert "Traceback" not in said
    assert "was never" not in said
