"""The start and the end of one greeting, in a room without a server."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import api
from livekit.agents import AgentSession

from agent.conversation.state import GreetingState
from agent.core.job_metadata import JobMetadata
from agent.core.settings import WorkerSettings
from agent.greeting.first_avatar import FirstAvatar
from agent.greeting.running_greeting import RunningGreeting
from agent.store import SqliteStore
from tests.fakes.room import FakeRoom
from tests.fakes.scripted_llm import ScriptedLLM
from tests.support.environments import WORKER
from tests.support.waiting import until, until_answer


class Setup:
    """A greeting, and what happened to its room and its job."""

    def __init__(self, store: SqliteStore, **environ: str) -> None:
        self.room = FakeRoom()
        self.over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.steps: list[str] = []
        self.deleted_by_other = False
        self.may_delete = asyncio.Event()
        self.may_delete.set()
        ctx = SimpleNamespace(
            room=self.room,
            api=SimpleNamespace(room=SimpleNamespace(delete_room=self._delete_room)),
            proc=SimpleNamespace(userdata={"llm": ScriptedLLM()}),
            job=SimpleNamespace(id="job", room=SimpleNamespace(sid="RM_1")),
            shutdown=self.over.set_result,
        )
        state = GreetingState(metadata=JobMetadata(session_id="s"))
        state.avatar_allowed = False
        settings = WorkerSettings.from_env(WORKER | environ)
        avatar = FirstAvatar(settings, state.script, state.timeline)
        self.greeting = RunningGreeting(cast(Any, ctx), settings, state, store, avatar)

    async def _delete_room(self, _: object) -> None:
        await self.may_delete.wait()
        if self.deleted_by_other:
            raise api.ServerError(api.ServerErrorCode.NOT_FOUND, "no such room", status=404)
        self.steps.append("room deleted")


async def test_session_is_closed_before_the_room_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = Setup(SqliteStore(tmp_path / "store"))

    async def aclose(_: object) -> None:
        await asyncio.sleep(0)
        setup.steps.append("session closed")

    monkeypatch.setattr(AgentSession, "aclose", aclose)
    await setup.greeting.close("continue")
    assert setup.steps == ["session closed", "room deleted"]
    assert setup.room.attributes["greeting.ended"] == "continue"


async def test_session_that_does_not_close_delays_the_end_of_the_avatar_by_0_2_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = Setup(SqliteStore(tmp_path / "store"))

    async def aclose(_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(AgentSession, "aclose", aclose)
    closing = asyncio.create_task(setup.greeting.close("continue"))
    started_at = time.monotonic()
    await until(lambda: setup.steps)
    assert time.monotonic() - started_at < 5, "0.2 s, and time for a busy machine"
    await asyncio.wait_for(closing, 60)
    assert setup.over.result() == "continue"
    [body] = await SqliteStore(tmp_path / "store").outcomes("s")
    assert json.loads(body)["ended"]["reason"] == "continue"


async def test_greeting_whose_room_was_closed_during_the_start_has_the_stored_end_reason(
    tmp_path: Path,
) -> None:
    store = SqliteStore(tmp_path / "store")
    await store.end("s", "continue")
    setup = Setup(store)
    setup.room.connected = False
    setup.greeting.start()
    assert await asyncio.wait_for(setup.over, 60) == "continue"
    # `start` closes the store it was given.
    [body] = await SqliteStore(tmp_path / "store").outcomes("s")
    assert json.loads(body)["ended"]["reason"] == "continue"


async def test_end_is_stored_while_livekit_is_slow_to_delete_the_room(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store")
    setup = Setup(store)
    setup.may_delete.clear()
    closing = asyncio.create_task(setup.greeting.close("continue"))
    assert await until_answer(lambda: store.end_reason("s")) == "continue"
    assert not setup.steps
    setup.may_delete.set()
    await closing
    assert setup.steps == ["room deleted"]


@pytest.mark.parametrize("stored", [None, "continue"])
@pytest.mark.parametrize("connected", [True, False])
async def test_job_stopped_because_its_room_was_deleted_is_not_recorded_as_a_stopped_worker(
    tmp_path: Path, stored: str | None, connected: bool
) -> None:
    store = SqliteStore(tmp_path / "store")
    if stored:
        await store.end("s", stored)
    setup = Setup(store)
    setup.deleted_by_other = True
    setup.room.connected = connected
    await setup.greeting.close("worker_shutdown")
    assert setup.over.result() == (stored or "room_closed")
    [body] = await SqliteStore(tmp_path / "store").outcomes("s")
    assert json.loads(body)["ended"]["reason"] == (stored or "room_closed")


async def test_greeting_of_a_stopped_worker_says_so_in_its_outcome(tmp_path: Path) -> None:
    setup = Setup(SqliteStore(tmp_path / "store"))
    await setup.greeting.close("worker_shutdown")
    assert setup.over.result() == "worker_shutdown"


async def test_time_limit_of_the_operator_ends_a_greeting_before_its_opening(
    tmp_path: Path,
) -> None:
    setup = Setup(SqliteStore(tmp_path / "store"), MAX_GREETING_S="0.2")
    setup.greeting.start()
    assert await asyncio.wait_for(setup.over, 60) == "time_limit"
