"""Seconds of avatars in the room, by Beyond Presence's session."""

from __future__ import annotations

import pytest

from agent.billing.usage import AvatarUsage


def test_usage_counts_each_avatar_for_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    usage = AvatarUsage()
    usage.requested("first")
    usage.joined("first")
    usage.answered("first", "bey-1")
    now += 10
    usage.left("first")
    usage.requested("second")
    usage.answered("second", "bey-2")
    usage.requested("third")  # never answered
    now += 5
    usage.joined("first")  # it came back
    usage.joined("second")
    now += 2
    assert [(stay.identity, stay.provider_session_id, stay.seconds) for stay in usage.stays] == [
        ("first", "bey-1", 12.0),
        ("second", "bey-2", 2.0),
        ("third", "", 0.0),
    ]
    assert usage.seconds == 14.0
    assert usage.provider_session_id == "bey-2"
    usage.all_left()
    now += 50
    assert usage.seconds == 14.0
