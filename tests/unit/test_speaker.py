"""Who speaks, in a room whose avatar comes and goes as the test says; no speech is made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agent.avatar.beyond_presence import BeyondPresenceAvatar
from agent.core.settings import WorkerSettings
from agent.greeting import speaker as speaking
from agent.greeting.speaker import Speaker
from agent.room.page_attributes import Page
from tests.fakes.room import FakeRoom
from tests.unit.test_settings import WORKER

DEADLINE_S = 0.2


class FakeAvatar(BeyondPresenceAvatar):
    """Beyond Presence has answered already; whether it comes is seen in the room."""

    def ask(self) -> None:
        self._asking = asyncio.create_task(asyncio.sleep(0))

    async def take_over(self, session: Any, room: Any, on_stall: Callable[[], None]) -> None:
        session.output.replace_audio_tail(self)

    async def aclose(self) -> None:
        pass


class Stage:
    """A speaker, and everything it does."""

    def __init__(self) -> None:
        self.room = FakeRoom()
        self.voice = SimpleNamespace(next_in_chain=None)
        self.tails: list[object] = []
        """Whom the speech was routed to, in order."""
        self.sound = True
        self.removed: list[str] = []
        self.faults: list[str] = []
        self.lost = 0
        output = SimpleNamespace(
            audio=self.voice,
            replace_audio_tail=self.tails.append,
            set_audio_enabled=self._set_audio_enabled,
        )
        self.session = SimpleNamespace(output=output, wait_for_idle=self._idle)
        self.speaker = Speaker(
            cast(Any, self.room),
            cast(Any, SimpleNamespace(remove=self._remove)),
            cast(Any, self.session),
            WorkerSettings.from_env(WORKER),
            Page(cast(Any, self.room)),
            avatar_id="avatar",
            may_be_avatar=True,
            longest_s=600,
            on_fault=lambda error, _: self.faults.append(error),
            on_lost=self._lose,
            on_moment=lambda _: None,
        )
        self.speaker.await_avatar()

    @property
    def avatar(self) -> str:
        """The identity of the one that was asked for last."""
        assert self.speaker._avatar is not None
        return self.speaker._avatar.avatar_identity

    async def _idle(self) -> None:
        await asyncio.sleep(0)

    async def _remove(self, identity: str) -> None:
        self.removed.append(identity)

    def _set_audio_enabled(self, enabled: bool) -> None:
        self.sound = enabled

    def _lose(self) -> None:
        self.lost += 1

    async def until(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not what():
                await asyncio.sleep(0.01)


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(speaking, "BeyondPresenceAvatar", FakeAvatar)
    here = Stage()
    yield here
    await here.speaker.close()


async def test_avatar_that_is_there_in_time_speaks(stage: Stage) -> None:
    stage.room.avatar_joins(stage.avatar)
    await stage.speaker.settle(DEADLINE_S)
    assert stage.speaker.mode == "avatar"


async def test_avatar_that_came_and_left_before_the_trainee_is_not_given_the_opening(
    stage: Stage,
) -> None:
    avatar = stage.avatar
    stage.room.avatar_joins(avatar)
    await asyncio.sleep(0.05)  # it has arrived, and waits for the trainee
    stage.room.leaves(avatar)
    await stage.speaker.settle(DEADLINE_S)
    assert (stage.speaker.mode, stage.speaker.why) == ("voice", "avatar_late")
    assert stage.tails == []


async def test_avatar_that_left_before_the_trainee_came_and_is_back_speaks(stage: Stage) -> None:
    avatar = stage.avatar
    stage.room.avatar_joins(avatar)
    await asyncio.sleep(0.05)
    stage.room.leaves(avatar)
    settling = asyncio.create_task(stage.speaker.settle(2))
    await asyncio.sleep(0.05)
    assert not settling.done()
    stage.room.avatar_joins(avatar)
    await settling
    assert stage.speaker.mode == "avatar"


async def test_late_avatar_that_the_plugin_cannot_use_is_sent_away(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise TypeError("not one of ours")

    monkeypatch.setattr(FakeAvatar, "take_over", fails)
    avatar = stage.avatar
    await stage.speaker.settle(DEADLINE_S)
    assert stage.speaker.why == "avatar_late"
    stage.room.avatar_joins(avatar)
    await stage.until(lambda: stage.removed == [avatar])
    assert stage.speaker.mode == "voice"


async def test_avatar_that_holds_part_of_a_line_is_let_go_of_before_the_speech_falls_silent(
    stage: Stage,
) -> None:
    """livekit-agents waits without limit for the report of an avatar that has been sent away."""
    stage.room.avatar_joins(stage.avatar)
    await stage.speaker.settle(DEADLINE_S)
    stage.speaker.fall_silent()
    assert stage.tails[-1] is stage.voice
    assert (stage.speaker.mode, stage.sound) == ("text", False)
