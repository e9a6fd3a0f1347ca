"""How long avatars have been in the room: what Beyond Presence charges for."""

from __future__ import annotations

import time
from dataclasses import dataclass

from agent.billing.budget import utc_day
from agent.store import Store


@dataclass
class AvatarStay:
    """One avatar of a greeting and its time in the room."""

    identity: str
    """The participant's."""
    provider_session_id: str = ""
    """Beyond Presence's id of the session; empty until it has answered."""
    past_s: float = 0.0
    """Seconds until it left."""
    joined_at: float | None = None
    """On the monotonic clock; None while it is not in the room."""
    in_ledger_s: float | None = None
    """Seconds that the ledger has; None if it does not have the session."""

    @property
    def seconds(self) -> float:
        here_s = 0.0 if self.joined_at is None else time.monotonic() - self.joined_at
        return self.past_s + here_s


class AvatarUsage:
    """Counts the seconds from an avatar's joining to its leaving, for all avatars of a greeting."""

    def __init__(self) -> None:
        self._stays: dict[str, AvatarStay] = {}
        self._used = ""
        """Identity of the avatar that joined last and was not dismissed before."""
        self._answered = ""
        """Identity of the avatar whose request was answered last."""

    def requested(self, identity: str) -> None:
        """Count this participant as an avatar from now on."""
        self._stays.setdefault(identity, AvatarStay(identity))

    def answered(self, identity: str, provider_session_id: str | None) -> None:
        """Note Beyond Presence's id of the session that it has started for a participant."""
        self._stays[identity].provider_session_id = provider_session_id or ""
        self._answered = identity

    def __contains__(self, identity: object) -> bool:
        """True if this participant is an avatar that was requested at some time."""
        return identity in self._stays

    @property
    def provider_session_id(self) -> str | None:
        """The session of the avatar that joined last, or of the latest answer if none joined."""
        return self.session_of(self._used or self._answered)

    def session_of(self, identity: str) -> str | None:
        stay = self._stays.get(identity)
        return stay.provider_session_id or None if stay else None

    @property
    def stays(self) -> list[AvatarStay]:
        return list(self._stays.values())

    @property
    def seconds(self) -> float:
        """Seconds of all avatars together."""
        return sum(stay.seconds for stay in self.stays)

    def joined(self, identity: str, *, dismissed: bool = False) -> None:
        """Start counting; `dismissed` if the avatar is removed at once, and is not in use."""
        self._stays[identity].joined_at = time.monotonic()
        if not dismissed:
            self._used = identity

    def left(self, identity: str) -> None:
        """Stop counting; does nothing if the avatar is not in the room."""
        stay = self._stays[identity]
        stay.past_s, stay.joined_at = stay.seconds, None

    def all_left(self) -> None:
        for identity in self._stays:
            self.left(identity)

    async def add_to_ledger(self, store: Store) -> None:
        """Add the seconds since the last call to the ledger in the store.

        Call it while the greeting runs, so that greetings that start meanwhile see them in the
        budget. A session of 0 seconds is added, too: Beyond Presence may charge it. After a
        StoreError, the next call adds the seconds.
        """
        for stay in self.stays:
            new_s = round(stay.seconds, 1) - (stay.in_ledger_s or 0.0)
            if new_s > 0 or (stay.provider_session_id and stay.in_ledger_s is None):
                await store.add_avatar_seconds(utc_day(), new_s, session=stay.provider_session_id)
                stay.in_ledger_s = (stay.in_ledger_s or 0.0) + new_s
