"""How long avatars have been in the room: what Beyond Presence charges for."""

from __future__ import annotations

import time


class AvatarUsage:
    """Counts the seconds from an avatar's joining to its leaving, for all avatars of a greeting."""

    def __init__(self) -> None:
        self._requested: set[str] = set()
        self._joined_at: dict[str, float] = {}
        self._past_s = 0.0
        self.provider_session_id: str | None = None
        """Beyond Presence's id of its latest session, for the operator."""

    def request(self, identity: str) -> None:
        """Count this participant as an avatar from now on."""
        self._requested.add(identity)

    def answered(self, provider_session_id: str | None) -> None:
        """Note Beyond Presence's id of the session that it has started."""
        self.provider_session_id = provider_session_id

    def __contains__(self, identity: object) -> bool:
        """True if this participant is an avatar that was requested at some time."""
        return identity in self._requested

    @property
    def seconds(self) -> float:
        """Seconds that avatars have spent in the room until now, all together."""
        now = time.monotonic()
        return self._past_s + sum(now - joined_at for joined_at in self._joined_at.values())

    def join(self, identity: str) -> None:
        """Start counting: the avatar is in the room."""
        self._joined_at[identity] = time.monotonic()

    def leave(self, identity: str) -> None:
        """Stop counting; does nothing if the avatar is not in the room."""
        joined_at = self._joined_at.pop(identity, None)
        if joined_at is not None:
            self._past_s += time.monotonic() - joined_at

    def leave_all(self) -> None:
        """Stop counting for every avatar."""
        for identity in list(self._joined_at):
            self.leave(identity)
