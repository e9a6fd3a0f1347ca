"""One greeting's beginning and end, in a room without a server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from agent.core.job_metadata import JobMetadata
from agent.core.settings import WorkerSettings
from agent.greeting.session import Greeting
from agent.outcomes.timeline import Timeline
from agent.store import SqliteStore
from tests.fakes.room import FakeRoom
from tests.fakes.scripted_llm import ScriptedLLM
from tests.unit.test_settings import WORKER


class Job:
    """A job whose room is the test's."""

    def __init__(self, store: SqliteStore) -> None:
        self.room = FakeRoom()
        self.over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        ctx = SimpleNamespace(
            room=self.room,
            proc=SimpleNamespace(userdata={"llm": ScriptedLLM()}),
            job=SimpleNamespace(id="job", room=SimpleNamespace(sid="RM_1")),
            shutdown=self.over.set_result,
        )
        self.greeting = Greeting(
            cast(Any, ctx),
            cast(Any, SimpleNamespace(participants=self._participants)),
            WorkerSettings.from_env(WORKER),
            JobMetadata(session_id="s"),
            store,
            answered={},
            may_be_avatar=False,
            timeline=Timeline.since_asked(None, 0.0),
        )

    async def _participants(self) -> list[object]:
        return []


async def test_room_that_was_closed_while_the_job_was_still_starting_tells_why_it_ended(
    tmp_path: Path,
) -> None:
    store = SqliteStore(tmp_path / "store")
    await store.end("s", "continue")
    job = Job(store)
    job.room.connected = False
    job.greeting.begin()
    assert await asyncio.wait_for(job.over, 10) == "continue"
    [body] = await store.outcomes("s")
    assert json.loads(body)["ended"]["reason"] == "continue"
