"""The worker: its log levels, and what it tells the dispatch supervisor about its jobs."""

from __future__ import annotations

from pathlib import Path

import pytest
from livekit import api
from livekit.protocol.agent import Job

from agent.core.settings import WorkerSettings
from agent.store import accepted_lease, open_store
from agent.worker.server import GreetingServer
from tests.support.environments import WORKER


async def test_worker_tells_the_supervisor_that_a_job_has_died(tmp_path: Path) -> None:
    """Otherwise the supervisor would wait for it: LiveKit lists it as running."""
    settings = WorkerSettings.from_env({**WORKER, "STATE_DIR": str(tmp_path)})
    server, store = GreetingServer(settings), open_store(settings)
    lease = accepted_lease("7")
    await server._store.hold_lease(lease, "workers", 60)
    job = Job(id="AJ_1", room=api.Room(name="training-session-7"))
    async with api.LiveKitAPI("http://127.0.0.1:1", "key", "secret" * 8) as livekit:
        await server.on_job_died(job, "agent-1", livekit)
    assert not await store.lease_is_held(lease)
    await server._store.aclose()
    await store.aclose()


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
async def test_worker_takes_every_log_level(level: str, tmp_path: Path) -> None:
    """livekit-agents knows WARN, but not WARNING."""
    environ = {**WORKER, "STATE_DIR": str(tmp_path), "LOG_LEVEL": level}
    server = GreetingServer(WorkerSettings.from_env(environ))
    await server._store.aclose()
