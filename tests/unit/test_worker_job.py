"""The start of a job: what happens before the agent is in the room, and in which order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

from agent.billing.budget import utc_day
from agent.core.settings import WorkerSettings
from agent.greeting import first_avatar
from agent.room.contract import ATTRIBUTE_AGENT
from agent.store import open_store
from agent.telemetry.shared_metrics import STORE_ERRORS
from agent.worker import job, stored_session
from tests.fakes.room import FakeRoom
from tests.support.environments import WORKER
from tests.support.process_logs import logged
from tests.support.waiting import until


class FakeAvatar:
    """An avatar whose request is only noted."""

    avatar_identity = "avatar-1"
    provider_session_id = "bey-1"

    def __init__(self, steps: list[str]) -> None:
        self._steps = steps
        steps.append("avatar requested")

    async def aclose(self) -> None:
        self._steps.append("request cancelled")


class FakeRunningGreeting:
    """A greeting that is only started."""

    def __init__(self, *parts: Any) -> None:
        self._avatar = parts[-1]
        self._steps: list[str] = parts[0].steps

    def start(self) -> None:
        avatar = self._avatar.hand_over()
        self._steps.append(f"greeting with {avatar and avatar.avatar_identity}")


class Job:
    """A job in a room without a server, and its steps in order."""

    def __init__(self, settings: WorkerSettings) -> None:
        self.room = FakeRoom()
        self.steps: list[str] = []
        self.removed: list[str] = []
        self.connect_error: Exception | None = None
        self.listing_error: Exception | None = None
        self.joins_after: set[str] = set()
        """Steps that must come before the room is connected."""
        self.on_connected: Callable[[], None] = lambda: None
        self.proc = SimpleNamespace(userdata={"settings": settings, "tracing": None})
        self.job = SimpleNamespace(
            id="job",
            metadata='{"v": 1, "session_id": "s"}',
            room=SimpleNamespace(
                name="training-session-s",
                sid="RM_1",
                metadata="",
                creation_time_ms=0,
            ),
        )
        self.api = SimpleNamespace(
            room=SimpleNamespace(
                remove_participant=self._remove, list_participants=self._participants
            )
        )

    async def connect(self, **_: object) -> None:
        self.steps.append("connecting")
        await until(lambda: self.joins_after <= set(self.steps))
        if self.connect_error is not None:
            raise self.connect_error
        self.on_connected()

    def shutdown(self, reason: str) -> None:
        self.steps.append("shut down")

    async def _remove(self, request: Any) -> None:
        self.removed.append(request.identity)

    async def _participants(self, _: Any) -> Any:
        if self.listing_error is not None:
            raise self.listing_error
        found = [
            SimpleNamespace(identity=p.identity, joined_at_ms=1, attributes=p.attributes)
            for p in self.room.remote_participants.values()
        ]
        return SimpleNamespace(participants=found)

    def another_agent_is_here(self) -> None:
        """An agent that answers, and was in the room first."""

        async def alive(**_: object) -> str:
            return "yes"

        async def disconnect() -> None:
            self.steps.append("left the room")

        cast(Any, self.room.local_participant).perform_rpc = alive
        cast(Any, self.room).disconnect = disconnect
        self.room._joins(
            "other", rtc.ParticipantKind.PARTICIPANT_KIND_AGENT, {ATTRIBUTE_AGENT: "1"}
        )

    async def run(self) -> None:
        await asyncio.wait_for(job.greet(cast(Any, self)), 10)


@pytest.fixture
def settings(tmp_path: Path) -> WorkerSettings:
    return WorkerSettings.from_env({**WORKER, "STATE_DIR": str(tmp_path)})


@pytest.fixture
def with_budget(tmp_path: Path) -> WorkerSettings:
    budget = {"STATE_DIR": str(tmp_path), "AVATAR_MINUTES_PER_DAY": "1"}
    return WorkerSettings.from_env({**WORKER, **budget})


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "export_job_spans", lambda *_: None)
    monkeypatch.setattr(job, "RunningGreeting", FakeRunningGreeting)
    monkeypatch.setattr(first_avatar, "_REMOVE_EVERY_S", 0.01)
    monkeypatch.setattr(first_avatar, "_REMOVE_FOR_S", 0.03)


def avatar_for(monkeypatch: pytest.MonkeyPatch, started: Job) -> None:
    monkeypatch.setattr(first_avatar, "request_avatar", lambda *_: FakeAvatar(started.steps))


async def test_job_requests_the_avatar_before_it_joins_the_room_and_reads_the_store(
    settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = Job(settings)
    avatar_for(monkeypatch, started)
    opened = stored_session._open_store

    def open_late(settings: WorkerSettings) -> Any:
        started.steps.append("store")
        return opened(settings)

    monkeypatch.setattr(stored_session, "_open_store", open_late)
    started.joins_after = {"avatar requested", "store"}
    await started.run()
    assert set(started.steps[:3]) == {"avatar requested", "connecting", "store"}
    assert started.steps[3:] == ["greeting with avatar-1"]
    assert not started.removed


def test_job_that_cannot_open_its_store_is_counted(
    settings: WorkerSettings, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    unusable = settings.model_copy(update={"state_dir": tmp_path / "file"})
    before = STORE_ERRORS.labels("open")._value.get()
    assert stored_session._open_store(unusable) is None
    assert STORE_ERRORS.labels("open")._value.get() == before + 1


async def test_job_requests_the_avatar_in_the_room_if_livekit_does_not_list_participants(
    settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = Job(settings)
    avatar_for(monkeypatch, started)
    started.listing_error = ConnectionError("no answer")
    await started.run()
    assert started.steps == ["connecting", "avatar requested", "greeting with avatar-1"]


async def test_job_without_budget_requests_no_avatar(
    with_budget: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(with_budget)
    await store.add_avatar_seconds(utc_day(), 60)
    await store.aclose()
    started = Job(with_budget)
    avatar_for(monkeypatch, started)
    await started.run()
    assert started.steps == ["connecting", "greeting with None"]


async def test_job_with_a_budget_requests_the_avatar_once(
    with_budget: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = Job(with_budget)
    avatar_for(monkeypatch, started)
    await started.run()
    assert started.steps.count("avatar requested") == 1
    assert started.steps[-1] == "greeting with avatar-1"


async def test_second_agent_requests_no_avatar(
    settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = Job(settings)
    avatar_for(monkeypatch, started)
    started.another_agent_is_here()
    await started.run()
    assert started.steps == ["connecting", "left the room", "shut down"]


async def test_agent_that_joins_after_another_cancels_its_avatar(
    settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = Job(settings)
    avatar_for(monkeypatch, started)
    started.joins_after = {"avatar requested"}
    started.on_connected = started.another_agent_is_here
    await started.run()
    assert set(started.steps[:2]) == {"avatar requested", "connecting"}
    assert started.steps[2:] == ["left the room", "shut down", "request cancelled"]
    store = open_store(settings)
    assert [s.id for s in await store.avatar_sessions()] == ["bey-1"], "its bill is checked"
    await store.aclose()
    assert set(started.removed) == {"avatar-1"}


async def test_job_logs_that_it_reconnects(
    settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    started = Job(settings)
    avatar_for(monkeypatch, started)
    await started.run()
    started.room.emit("reconnecting")
    assert logged(caplog, "livekit_reconnecting")


@pytest.mark.parametrize("error", [rtc.ConnectError("refused"), TimeoutError()])
async def test_job_that_cannot_join_cancels_its_avatar_and_says_what_to_check(
    settings: WorkerSettings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    started = Job(settings)
    avatar_for(monkeypatch, started)
    started.connect_error = error
    await started.run()
    assert started.steps[-2:] == ["shut down", "request cancelled"]
    assert set(started.removed) == {"avatar-1"}
    assert logged(caplog, "room_not_joined")


async def test_agent_leaves_a_room_that_was_created_again(
    settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    started = Job(settings)
    avatar_for(monkeypatch, started)
    started.room.id = "RM_2"
    caplog.set_level("INFO", "training_greeter")
    await started.run()
    assert started.steps[-2:] == ["shut down", "request cancelled"]
    assert not started.room.connected
    assert logged(caplog, "room_deleted_early")
