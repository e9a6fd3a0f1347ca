"""Beyond Presence's answer is lost, and the avatar may come all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from livekit.agents import utils

from agent.avatar import beyond_presence as module
from agent.avatar.beyond_presence import BeyondPresenceAvatar
from agent.core.events import Events
from agent.greeting import first_avatar
from tests.fakes.beyond_presence import BeyondPresenceSessions, beyond_presence
from tests.unit.test_avatar_arrival import Setup

DEADLINE_S = "0.5"
LONGER_THAN_A_RETRY_S = 0.6


class Avatar(BeyondPresenceAvatar):
    """Requested over HTTP; whether the avatar comes is seen in the room."""

    async def attach(self, session: Any, room: Any, events: Events) -> None:
        session.output.replace_audio_tail(self)


@pytest.fixture(autouse=True)
async def job(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    job = SimpleNamespace(room=SimpleNamespace(name="room"), local_participant_identity="agent")
    monkeypatch.setattr(module, "get_job_context", lambda: job)
    monkeypatch.setattr(first_avatar, "BeyondPresenceAvatar", Avatar)
    async with aiohttp.ClientSession() as http:
        monkeypatch.setattr(utils.http_context, "http_session", lambda: http)
        yield


@pytest.fixture
async def server() -> AsyncIterator[BeyondPresenceSessions]:
    async with beyond_presence() as server:
        yield server


async def requested(server: BeyondPresenceSessions, *answers: str, **environ: str) -> Setup:
    """Return an arrival whose first request has reached the server."""
    server.answers = list(answers)
    setup = Setup(BEY_API_URL=server.url, **environ)
    await setup.until(lambda: len(server.requested) == 1)
    return setup


@pytest.mark.parametrize("answer", ["lost", "hang"])
async def test_avatar_speaks_although_the_answer_is_lost(
    server: BeyondPresenceSessions, answer: str
) -> None:
    setup = await requested(server, answer, AVATAR_CALL_TIMEOUT_S="1")
    setup.room.avatar_joins(setup.avatar)
    await setup.arrival.settle(2)
    await asyncio.sleep(LONGER_THAN_A_RETRY_S)
    assert setup.state.mode == "avatar"
    assert len(server.requested) == 1
    assert setup.removed == []
    [stay] = setup.state.avatar_usage.stays
    assert (stay.provider_session_id, stay.seconds > LONGER_THAN_A_RETRY_S) == ("", True)
    await setup.arrival.close()


async def test_another_avatar_takes_over_if_the_first_does_not_join(
    server: BeyondPresenceSessions,
) -> None:
    setup = await requested(server, "lost", AVATAR_DEADLINE_S=DEADLINE_S)
    first = setup.avatar
    await setup.arrival.settle(5)
    assert (setup.state.mode, setup.state.mode_reason) == ("voice", "avatar_late")
    await setup.until(lambda: len(server.requested) == 2)
    second = setup.avatar
    assert server.requested == [first, second]
    setup.room.avatar_joins(second)
    await setup.until(lambda: setup.state.mode == "avatar")

    setup.room.avatar_joins(first)
    await setup.until(lambda: setup.removed == [first])
    setup.room.leaves(first)
    assert setup.state.mode == "avatar"
    stays = {stay.identity: stay for stay in setup.state.avatar_usage.stays}
    assert stays[first].seconds > 0
    assert stays[second].provider_session_id == "bey-2"
    await setup.arrival.close()


async def test_avatar_that_joins_before_the_deadline_is_not_replaced(
    server: BeyondPresenceSessions,
) -> None:
    setup = await requested(server, "lost", AVATAR_DEADLINE_S=DEADLINE_S)
    await asyncio.sleep(0.2)
    setup.room.avatar_joins(setup.avatar)
    await asyncio.sleep(0.5)  # the trainee joins after the deadline
    await setup.arrival.settle(2)
    assert setup.state.mode == "avatar"
    assert len(server.requested) == 1
    await setup.arrival.close()


async def test_an_unanswered_avatar_is_requested_again_only_once(
    server: BeyondPresenceSessions, caplog: pytest.LogCaptureFixture
) -> None:
    setup = await requested(server, "lost", "lost", "lost", AVATAR_DEADLINE_S=DEADLINE_S)
    await setup.arrival.settle(5)
    await setup.until(lambda: setup.arrival._avatar is None)
    await asyncio.sleep(LONGER_THAN_A_RETRY_S)
    assert len(server.requested) == 2
    assert setup.state.mode == "voice"
    failed = [r for r in caplog.records if getattr(r, "event", "") == "avatar_failed"]
    assert ["did not answer" in getattr(record, "error", "") for record in failed] == [True, True]
    await setup.arrival.close()


async def test_refused_request_is_repeated_at_once(server: BeyondPresenceSessions) -> None:
    setup = await requested(server, "500")
    setup.room.avatar_joins(setup.avatar)
    await setup.arrival.settle(2)
    assert server.requested == [setup.avatar] * 2
    assert setup.state.mode == "avatar"
    await setup.arrival.close()


async def test_unreachable_provider_is_given_up_at_once() -> None:
    async with beyond_presence() as server:
        url = server.url
    setup = Setup(BEY_API_URL=url)
    async with asyncio.timeout(4):
        await setup.arrival.settle(10)
    assert setup.state.mode_reason == "avatar_refused"
    await setup.arrival.close()
