"""The seats that avatars have had in one room, and for how long: what is paid for."""

from __future__ import annotations

import time


class AvatarSeats:
    """Counts from an avatar's coming to its leaving; they may come, leave and come again."""

    def __init__(self) -> None:
        self._expected: set[str] = set()
        self._since: dict[str, float] = {}
        self._past_s = 0.0

    def expect(self, identity: str) -> None:
        """This one was asked for."""
        self._expected.add(identity)

    def __contains__(self, identity: object) -> bool:
        """Whether it was asked for at some time."""
        return identity in self._expected

    @property
    def seconds(self) -> float:
        """How long avatars have been in the room until now, all together."""
        now = time.monotonic()
        return self._past_s + sum(now - since for since in self._since.values())

    def take(self, identity: str) -> None:
        """It has come."""
        self._since[identity] = time.monotonic()

    def leave(self, identity: str) -> None:
        """It has left; harmless when repeated."""
        since = self._since.pop(identity, None)
        if since is not None:
            self._past_s += time.monotonic() - since

    def leave_all(self) -> None:
        """Everybody has."""
        for identity in list(self._since):
            self.leave(identity)
