"""The start and the end of one greeting, in a room without a server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from agent.conversation.state import GreetingState
from agent.core.events import Events
from agent.core.job_metadata import JobMetadata
from agent.core.settings import WorkerSettings
from agent.greeting.session import GreetingSession
from agent.store import SqliteStore
from tests.fakes.room import FakeRoom
from tests.fakes.scripted_llm import ScriptedLLM
from tests.unit.test_settings import WORKER


async def test_greeting_whose_room_was_closed_during_the_start_has_the_stored_end_reason(
    tmp_path: Path,
) -> None:
    store = SqliteStore(tmp_path / "store")
    await store.end("s", "continue")
    room = FakeRoom()
    room.connected = False
    over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    ctx = SimpleNamespace(
        room=room,
        api=SimpleNamespace(room=None),
        proc=SimpleNamespace(userdata={"llm": ScriptedLLM()}),
        job=SimpleNamespace(id="job", room=SimpleNamespace(sid="RM_1")),
        shutdown=over.set_result,
    )
    events = Events()
    state = GreetingState(metadata=JobMetadata(session_id="s"), events=events)
    state.avatar_allowed = False
    settings = WorkerSettings.from_env(WORKER)
    greeting = GreetingSession(cast(Any, ctx), settings, state, events, store)
    greeting.start()
    assert await asyncio.wait_for(over, 10) == "continue"
    # `start` closes the store it was given.
    [body] = await SqliteStore(tmp_path / "store").outcomes("s")
    assert json.loads(body)["ended"]["reason"] == "continue"
