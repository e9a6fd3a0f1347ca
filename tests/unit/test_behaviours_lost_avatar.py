"""An avatar that leaves is replaced once, and only while the trainee is in the room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace

import aiohttp
import pytest
from livekit.agents import utils

from agent.avatar import beyond_presence as module
from agent.core.events import AvatarLost, NoVoiceLeft
from agent.greeting.behaviours.fall_back_to_text import FallBackToText
from agent.greeting.behaviours.fall_back_to_voice import FallBackToVoice
from tests.fakes.beyond_presence import BeyondPresenceSessions, beyond_presence
from tests.fakes.greeting import fake_greeting
from tests.support.waiting import holds_within, until


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BeyondPresenceSessions]:
    job = SimpleNamespace(room=SimpleNamespace(name="room"), local_participant_identity="agent")
    monkeypatch.setattr(module, "get_job_context", lambda: job)
    async with aiohttp.ClientSession() as http, beyond_presence() as server:
        monkeypatch.setattr(utils.http_context, "http_session", lambda: http)
        yield server


async def test_lost_avatar_is_replaced_once_the_trainee_is_in_the_room(
    server: BeyondPresenceSessions,
) -> None:
    """Beyond Presence's avatar may leave because the trainee did; a new one would be charged."""
    behaviours, environ = (FallBackToVoice,), {"BEY_API_URL": server.url}
    async with fake_greeting(behaviours=behaviours, environ=environ) as fake:
        fake.room.leaves("trainee")
        fake.events.emit(AvatarLost("AvatarLeft", "avatar_left"))
        assert not await holds_within(lambda: bool(server.requested), 0.3)
        fake.room.trainee_joins()
        await until(lambda: len(server.requested) == 1, 30, "no other avatar was requested")
        fake.events.emit(AvatarLost("AvatarLeft", "avatar_left"))
        fake.room.leaves("trainee")
        fake.room.trainee_joins()
        assert not await holds_within(lambda: len(server.requested) > 1, 0.3)


async def test_lost_avatar_is_not_replaced_in_text_mode(server: BeyondPresenceSessions) -> None:
    behaviours, environ = (FallBackToVoice, FallBackToText), {"BEY_API_URL": server.url}
    async with fake_greeting(behaviours=behaviours, environ=environ) as fake:
        fake.room.leaves("trainee")
        fake.events.emit(AvatarLost("AvatarLeft", "avatar_left"))
        fake.events.emit(NoVoiceLeft())
        fake.room.trainee_joins()
        assert not await holds_within(lambda: bool(server.requested), 0.3)
