"""Token endpoint and worker, as shipped, deliver the outcomes in the store."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.demo.livekit_server import LiveKitServer, free_ports
from agent.demo.processes import child, wait_until_ready
from agent.outcomes.outcome import Ended, Outcome
from agent.store import SqliteStore
from tests.support.endpoint_process import endpoint, endpoint_env
from tests.support.waiting import until
from tests.support.webhook_receiver import SECRET, receiver

WORKER = {
    "BEYOND_PRESENCE_API_KEY": "k",
    "BEYOND_PRESENCE_AVATAR_ID": "a",
    "DEEPGRAM_API_KEY": "k",
    "GOOGLE_API_KEY": "k",
    "MAX_JOBS": "1",
}


async def open_outcome(store: SqliteStore, id_: str, lease_s: float) -> Outcome:
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


async def test_token_endpoint_closes_and_delivers_the_outcome_of_a_lost_worker(
    livekit: LiveKitServer, tmp_path: Path
) -> None:
    await open_outcome(SqliteStore(tmp_path / "state" / "store.sqlite3"), "o", -1)
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
            message = platform.verified()[0]
            assert message["data"]["ended"]["reason"] == "worker_lost"

            def failures() -> list[str]:
                return [line for line in running.log if "event=outcome_delivery_failed" in line]

            await until(failures, failure="it was not logged")
            line = failures()[0]
            assert "OUTCOME_WEBHOOK_URL answered 503: check the platform's log" in line
            assert "outcome_id=o session_id=7 attempts=1" in line
            assert "status=503" in line
            running.process.terminate()
            assert await asyncio.wait_for(running.process.wait(), 120) == 0


@pytest.mark.variant
async def test_worker_delivers_an_outcome_closed_during_shutdown(
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
        async with child("agent", "start", env=env, log=log) as worker:
            await wait_until_ready("worker", f"http://127.0.0.1:{health}/", worker, log, 120)
            store = SqliteStore(tmp_path / "state" / "store.sqlite3")
            record = await open_outcome(store, "o", 60)
            record.ended = Ended(reason="continue", at=datetime.now(UTC))
            # Before the signal: on a busy machine the worker may be gone before this runs.
            await store.close_outcome("o", record.model_dump_json())
            worker.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(worker.wait(), 120) == 0
        assert platform.ids() == ["o"]
    text = log.read_text()
    assert "Traceback" not in text
    assert "was never" not in text, "a coroutine was never awaited"
