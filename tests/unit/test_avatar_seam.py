"""The private seam of the locked plugin that agent/avatar/beyond_presence.py rests on.

When this fails, the lock has moved: read the new plugin before changing what is asserted.
"""

from __future__ import annotations

import inspect
from importlib.metadata import version

from livekit.agents.voice.avatar import AvatarSession as Base
from livekit.plugins import bey

from agent.avatar.beyond_presence import AUDIO_SAMPLE_RATE, BeyondPresenceAvatar
from agent.core.settings import WorkerSettings
from tests.unit.test_settings import WORKER


def test_lock_is_the_version_the_seam_was_read_from() -> None:
    for package in ("livekit-agents", "livekit-plugins-bey", "livekit-plugins-deepgram"):
        assert version(package) == "1.8.9", package


def test_plugin_still_calls_the_method_we_replace() -> None:
    assert "await self._start_agent(livekit_url, livekit_token)" in inspect.getsource(
        bey.AvatarSession.start
    )
    ours = inspect.signature(BeyondPresenceAvatar._start_agent)
    assert list(ours.parameters) == list(
        inspect.signature(bey.AvatarSession._start_agent).parameters
    )


def test_wire_is_the_one_we_speak() -> None:
    source = inspect.getsource(bey.AvatarSession._start_agent)
    for word in ('"{self._api_url}/v1/sessions"', '"x-api-key"', '"transport": "livekit"'):
        assert word.strip('"') in source
    assert '"avatar_id"' in source
    assert '"url"' in source
    assert '"token"' in source


def test_attributes_we_read_are_there() -> None:
    avatar = BeyondPresenceAvatar(WorkerSettings.from_env(WORKER), "avatar")
    for name in ("_api_url", "_api_key", "_avatar_id", "_avatar_participant_name", "_conn_options"):
        assert hasattr(avatar, name), name
    assert "wait_for_join" in vars(Base)


def test_speech_goes_to_the_avatar_at_the_rate_the_room_uses() -> None:
    assert bey.avatar.SAMPLE_RATE == AUDIO_SAMPLE_RATE


def test_identities_cannot_be_guessed() -> None:
    settings = WorkerSettings.from_env(WORKER)
    seats = {BeyondPresenceAvatar(settings, "avatar").avatar_identity for _ in range(20)}
    assert len(seats) == 20
    assert all(len(seat) >= 20 for seat in seats)
