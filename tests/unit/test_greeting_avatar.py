"""Which mode speaks while the avatar comes and goes; no speech is made."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit.agents.voice.agent_activity import ActivityClosedError

from agent.avatar.beyond_presence import BeyondPresenceAvatar
from agent.core.errors import AvatarError
from agent.core.events import CanHear, Events
from agent.core.settings import WorkerSettings
from agent.greeting import avatar, first_avatar
from tests.fakes.room import OURS
from tests.support.clock import Clock
from tests.support.environments import WORKER
from tests.support.greeting_avatar import AvatarSetup

DEADLINE_S = 0.2
"""Of an avatar that is late."""
IN_TIME_S = 30.0
RECEIVE_S = 30.0


class FakeAvatar(BeyondPresenceAvatar):
    """Beyond Presence has answered; whether the avatar comes is seen in the room."""

    def request(self) -> None:
        self._requesting = asyncio.create_task(asyncio.sleep(0))

    async def attach(self, session: Any, room: Any, events: Events) -> None:
        session.output.replace_audio_tail(self)

    async def aclose(self) -> None:
        pass


@pytest.fixture
async def setup(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AvatarSetup]:
    monkeypatch.setattr(first_avatar, "BeyondPresenceAvatar", FakeAvatar)
    setup = AvatarSetup()
    yield setup
    await setup.avatar.close()
    setup.output.close()


async def test_avatar_that_joins_in_time_speaks(setup: AvatarSetup) -> None:
    setup.room.avatar_joins(setup.identity)
    await setup.avatar.settle(IN_TIME_S)
    assert setup.state.mode == "avatar"


async def test_avatar_deadline_counts_from_the_request(setup: AvatarSetup, clock: Clock) -> None:
    """On a busy machine, the steps between the request and the wait take seconds."""
    clock.ahead_s = 60
    async with asyncio.timeout(30):
        await setup.avatar.settle(60)
    assert setup.state.mode_reason == "avatar_late"


async def test_avatar_that_left_before_the_trainee_came_does_not_say_the_opening(
    setup: AvatarSetup,
) -> None:
    identity = setup.identity
    setup.room.avatar_joins(identity)
    await asyncio.sleep(0.05)  # it has joined and waits for the trainee
    setup.room.leaves(identity)
    await setup.avatar.settle(DEADLINE_S)
    assert (setup.state.mode, setup.state.mode_reason) == ("voice", "avatar_late")
    assert setup.tails == []


async def test_avatar_that_left_and_joined_again_speaks(setup: AvatarSetup) -> None:
    identity = setup.identity
    setup.room.avatar_joins(identity)
    await asyncio.sleep(0.05)
    setup.room.leaves(identity)
    settling = asyncio.create_task(setup.avatar.settle(IN_TIME_S))
    await asyncio.sleep(0.05)
    assert not settling.done()
    setup.room.avatar_joins(identity)
    await settling
    assert setup.state.mode == "avatar"


async def test_late_avatar_that_cannot_be_attached_is_removed(
    setup: AvatarSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise AvatarError("the avatar left before it could speak")

    monkeypatch.setattr(FakeAvatar, "attach", fails)
    identity = setup.identity
    await setup.avatar.settle(DEADLINE_S)
    assert setup.state.mode_reason == "avatar_late"
    setup.room.avatar_joins(identity)
    await setup.until(lambda: setup.removed == [identity])
    assert setup.state.mode == "voice"


@pytest.fixture
async def on_our_page(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AvatarSetup]:
    monkeypatch.setattr(first_avatar, "BeyondPresenceAvatar", FakeAvatar)
    monkeypatch.setattr(avatar, "_RECEIVE_S", RECEIVE_S)
    setup = AvatarSetup(trainee_attributes=OURS)
    setup.room.avatar_joins(setup.identity)
    yield setup
    await setup.avatar.close()
    setup.output.close()


def page_receives(setup: AvatarSetup, *identities: str) -> None:
    report = CanHear(sound_unlocked=True, audio_from=frozenset(identities))
    setup.state.events.emit(report)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.event for record in caplog.records if record.levelname == "WARNING"]  # type: ignore[attr-defined]


async def test_voice_speaks_if_the_page_receives_only_its_sound(
    on_our_page: AvatarSetup, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """On a busy LiveKit server, the page may subscribe to an avatar seconds after it joined."""
    setup = on_our_page
    page_receives(setup, "agent")
    await setup.avatar.settle(IN_TIME_S)
    await asyncio.sleep(0.02)
    assert setup.state.mode == "avatar"
    clock.ahead_s = 2 * RECEIVE_S
    await setup.until(lambda: setup.state.mode == "voice")
    assert setup.state.mode_reason == "avatar_late"
    assert setup.tails[-1] is setup.voice
    assert warnings(caplog) == ["avatar_not_received"]
    page_receives(setup, "agent", setup.identity)
    await setup.until(lambda: setup.state.mode == "avatar")


async def test_time_to_receive_the_avatar_counts_from_the_first_sound_received(
    on_our_page: AvatarSetup, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The sound may be unlocked late; the page then reports one participant after the other."""
    await on_our_page.avatar.settle(IN_TIME_S)
    await asyncio.sleep(0.02)
    clock.ahead_s = 2 * RECEIVE_S
    await asyncio.sleep(0.02)
    page_receives(on_our_page, "agent")
    await asyncio.sleep(0.02)
    page_receives(on_our_page, "agent", on_our_page.identity)
    await asyncio.sleep(0.02)
    clock.ahead_s = 4 * RECEIVE_S
    await asyncio.sleep(0.02)
    assert on_our_page.state.mode == "avatar"
    assert warnings(caplog) == []


async def test_avatar_that_the_page_receives_in_time_is_kept(
    on_our_page: AvatarSetup, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    page_receives(on_our_page, "agent")
    await on_our_page.avatar.settle(IN_TIME_S)
    page_receives(on_our_page, "agent", on_our_page.identity)
    await asyncio.sleep(0.02)
    clock.ahead_s = 2 * RECEIVE_S
    await asyncio.sleep(0.02)
    assert on_our_page.state.mode == "avatar"
    assert warnings(caplog) == []


async def test_avatar_that_has_begun_to_speak_is_kept(
    on_our_page: AvatarSetup, clock: Clock
) -> None:
    page_receives(on_our_page, "agent")
    await on_our_page.avatar.settle(IN_TIME_S)
    on_our_page.state.opened_at = time.monotonic()
    await asyncio.sleep(0.02)
    clock.ahead_s = 2 * RECEIVE_S
    await asyncio.sleep(0.02)
    assert on_our_page.state.mode == "avatar"


async def test_avatar_that_the_page_never_receives_is_removed(
    on_our_page: AvatarSetup, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trainee does not see it, but it is charged."""
    monkeypatch.setattr(avatar, "_LATE_LIMIT_S", 0.1)
    page_receives(on_our_page, "agent")
    await on_our_page.avatar.settle(IN_TIME_S)
    await asyncio.sleep(0.02)
    clock.ahead_s = 2 * RECEIVE_S
    await on_our_page.until(lambda: on_our_page.removed == [on_our_page.identity])


@pytest.mark.parametrize("error", [RuntimeError("no activity"), ActivityClosedError("closing")])
async def test_late_avatar_takes_over_after_another_agent_does(
    setup: AvatarSetup, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    setup.idle_errors = [error]
    await setup.avatar.settle(DEADLINE_S)
    setup.room.avatar_joins(setup.identity)
    await setup.until(lambda: setup.state.mode == "avatar")
    assert "ERROR" not in {record.levelname for record in caplog.records}


async def test_late_avatar_is_not_used_while_the_session_closes(
    setup: AvatarSetup, caplog: pytest.LogCaptureFixture
) -> None:
    setup.idle_errors = [ActivityClosedError("closing")] * 10
    await setup.avatar.settle(DEADLINE_S)
    [waiting] = [t for t in asyncio.all_tasks() if t.get_name() == "use_late_avatar"]
    setup.room.avatar_joins(setup.identity)
    await setup.until(lambda: len(setup.idle_errors) < 10)
    setup.state.end_reason = "continued"
    await asyncio.wait({waiting}, timeout=30)
    assert waiting.done()
    assert setup.state.mode == "voice"
    assert "ERROR" not in {record.levelname for record in caplog.records}


async def test_text_mode_releases_an_avatar_that_holds_part_of_a_line(setup: AvatarSetup) -> None:
    """livekit-agents waits without limit for the report of an avatar that was removed."""
    setup.room.avatar_joins(setup.identity)
    await setup.avatar.settle(IN_TIME_S)
    setup.output.use_text("speech_failed")
    assert setup.tails[-1] is setup.voice
    assert (setup.state.mode, setup.sound) == ("text", False)


async def test_voice_does_not_follow_text_mode(setup: AvatarSetup) -> None:
    setup.output.use_text("speech_failed")
    setup.output.use_voice("avatar_late")
    assert (setup.state.mode, setup.state.mode_reason) == ("text", "speech_failed")


async def test_avatar_that_joined_before_the_greeting_began_speaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(first_avatar, "BeyondPresenceAvatar", FakeAvatar)
    setup = AvatarSetup(request=False)
    requested = FakeAvatar(WorkerSettings.from_env(WORKER), "avatar")
    requested.request()
    setup.room.avatar_joins(requested.avatar_identity)
    setup.avatar.request(requested)
    setup.output.remember_voice()
    await setup.avatar.settle(IN_TIME_S)
    assert setup.state.mode == "avatar"
    assert setup.state.avatar_usage.seconds > 0
    await setup.avatar.close()
