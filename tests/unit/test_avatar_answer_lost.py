"""Beyond Presence's answer is lost, but the avatar may still come."""

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
from tests.support.greeting_avatar import AvatarSetup
from tests.support.process_logs import logged

LONGER_THAN_A_RETRY_S = 0.6


class Avatar(BeyondPresenceAvatar):
    """Requested over HTTP; whether the avatar comes is seen in the room."""

    async def attach(self, session: Any, room: Any, events: Events) -> None:
        session.output.replace_audio_tail(self.avatar_identity)


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


async def requested(server: BeyondPresenceSessions, *answers: str, **environ: str) -> AvatarSetup:
    """Return an avatar whose first request has reached the server."""
    server.answers = list(answers)
    setup = AvatarSetup(BEY_API_URL=server.url, **environ)
    await setup.until(lambda: len(server.requested) == 1)
    return setup


@pytest.mark.parametrize("answer", ["lost", "hang"])
async def test_avatar_speaks_although_the_answer_is_lost(
    server: BeyondPresenceSessions, answer: str
) -> None:
    setup = await requested(server, answer, AVATAR_CALL_TIMEOUT_S="60")
    setup.room.avatar_joins(setup.identity)
    async with asyncio.timeout(20):  # does not wait for AVATAR_CALL_TIMEOUT_S
        await setup.avatar.settle(60)
    await asyncio.sleep(LONGER_THAN_A_RETRY_S)
    assert setup.state.mode == "avatar"
    assert len(server.requested) == 1
    assert setup.removed == []
    [stay] = setup.state.avatar_usage.stays
    assert (stay.provider_session_id, stay.seconds > LONGER_THAN_A_RETRY_S) == ("", True)
    await setup.avatar.close()


@pytest.mark.parametrize("answer", ["lost", "hang", "500", "502", "504"])
@pytest.mark.parametrize("joins", ["first", "second"])
async def test_of_two_requested_avatars_the_first_to_join_speaks(
    server: BeyondPresenceSessions, answer: str, joins: str
) -> None:
    setup = await requested(server, answer, AVATAR_CALL_TIMEOUT_S="1")
    first = setup.identity
    await setup.until(lambda: len(server.requested) == 2)
    second = setup.identity
    assert server.requested == [first, second]
    used, other = (first, second) if joins == "first" else (second, first)
    setup.room.avatar_joins(used)
    await setup.avatar.settle(5)
    assert (setup.state.mode, setup.tails) == ("avatar", [used])

    setup.room.avatar_joins(other)
    await setup.until(lambda: setup.removed == [other])
    setup.room.leaves(other)
    assert setup.state.mode == "avatar"
    stays = {stay.identity: stay for stay in setup.state.avatar_usage.stays}
    assert 0 < stays[other].seconds < stays[used].seconds
    await setup.avatar.close()


@pytest.mark.parametrize(("joins", "session"), [("first", None), ("second", "bey-2")])
async def test_session_id_is_that_of_the_avatar_that_speaks(
    server: BeyondPresenceSessions,
    joins: str,
    session: str | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    setup = await requested(server, "lost")
    usage, first = setup.state.avatar_usage, setup.identity
    await setup.until(lambda: usage.provider_session_id == "bey-2")
    used, other = (first, setup.identity) if joins == "first" else (setup.identity, first)
    with caplog.at_level("INFO"):
        setup.room.avatar_joins(used)
        await setup.avatar.settle(5)
        setup.room.avatar_joins(other)
        await setup.until(lambda: setup.removed == [other])
    assert usage.provider_session_id == session
    joined = logged(caplog, "avatar_joined")
    ids = [(line["avatar_session_id"], line["in_use"]) for line in joined]
    assert ids == [(session, True), (None if session else "bey-2", False)]
    await setup.avatar.close()


@pytest.mark.parametrize("answers", [("lost", "lost"), ("lost", "429"), ("500", "504")])
async def test_voice_greets_at_once_if_the_second_request_fails_too(
    server: BeyondPresenceSessions, answers: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    setup = await requested(server, *answers)
    first = setup.identity
    async with asyncio.timeout(30):
        await setup.avatar.settle(60)
    assert (setup.state.mode, setup.state.mode_reason) == ("voice", "avatar_refused")
    assert len(server.requested) == 2
    assert len(logged(caplog, "avatar_failed")) == 1

    setup.room.avatar_joins(first)
    await setup.until(lambda: setup.removed == [first])
    await asyncio.sleep(LONGER_THAN_A_RETRY_S)
    assert len(server.requested) == 2
    assert setup.state.mode == "voice"
    await setup.avatar.close()


async def test_refused_request_is_not_repeated(server: BeyondPresenceSessions) -> None:
    setup = await requested(server, "402")
    await setup.avatar.settle(2)
    await asyncio.sleep(LONGER_THAN_A_RETRY_S)
    assert setup.state.mode_reason == "avatar_refused"
    assert len(server.requested) == 1
    await setup.avatar.close()


async def test_unreachable_provider_is_given_up_at_once() -> None:
    async with beyond_presence() as server:
        url = server.url
    setup = AvatarSetup(BEY_API_URL=url)
    async with asyncio.timeout(30):
        await setup.avatar.settle(60)
    assert setup.state.mode_reason == "avatar_refused"
    await setup.avatar.close()
