"""How long avatars have been in the room: what Beyond Presence charges for."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class AvatarStay:
    """One avatar of a greeting and its seconds in the room so far."""

    identity: str
    """The participant's."""
    provider_session_id: str
    """Beyond Presence's id of the session; empty until it has answered."""
    seconds: float


class AvatarUsage:
    """Counts the seconds from an avatar's joining to its leaving, for all avatars of a greeting."""

    def __init__(self) -> None:
        self._requested: dict[str, str] = {}
        """Identity to Beyond Presence's id of the session, or empty."""
        self._joined_at: dict[str, float] = {}
        self._past_s: dict[str, float] = {}
        self._used = ""
        """Identity of the avatar that joined last and was not dismissed before."""
        self._answered = ""
        """Identity of the avatar whose request was answered last."""

    def request(self, identity: str) -> None:
        """Count this participant as an avatar from now on."""
        self._requested.setdefault(identity, "")

    def answered(self, identity: str, provider_session_id: str | None) -> None:
        """Note Beyond Presence's id of the session that it has started for a participant."""
        self._requested[identity] = provider_session_id or ""
        self._answered = identity

    def __contains__(self, identity: object) -> bool:
        """True if this participant is an avatar that was requested at some time."""
        return identity in self._requested

    @property
    def provider_session_id(self) -> str | None:
        """Beyond Presence's id of the session, for the operator; None if it is not known.

        It is the session of the avatar that joined last, or of the latest answer if none joined.
        """
        return self.session_of(self._used or self._answered)

    def session_of(self, identity: str) -> str | None:
        """Return Beyond Presence's id of a participant's session; None if it is not known."""
        return self._requested.get(identity) or None

    @property
    def stays(self) -> list[AvatarStay]:
        """All avatars that were requested, with their seconds until now."""
        now = time.monotonic()
        return [
            AvatarStay(
                identity,
                provider_session_id,
                self._past_s.get(identity, 0.0) + now - self._joined_at.get(identity, now),
            )
            for identity, provider_session_id in self._requested.items()
        ]

    @property
    def seconds(self) -> float:
        """Seconds that avatars have spent in the room until now, all together."""
        return sum(stay.seconds for stay in self.stays)

    def join(self, identity: str, *, dismissed: bool = False) -> None:
        """Start counting: the avatar is in the room.

        Args:
            dismissed: it is removed at once; `provider_session_id` does not change.
        """
        self._joined_at[identity] = time.monotonic()
        if not dismissed:
            self._used = identity

    def leave(self, identity: str) -> None:
        """Stop counting; does nothing if the avatar is not in the room."""
        joined_at = self._joined_at.pop(identity, None)
        if joined_at is not None:
            spent_s = time.monotonic() - joined_at
            self._past_s[identity] = self._past_s.get(identity, 0.0) + spent_s

    def leave_all(self) -> None:
        """Stop counting for every avatar."""
        for identity in list(self._joined_at):
            self.leave(identity)
