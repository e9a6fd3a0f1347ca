"""Adds the avatar seconds of a greeting to the ledger in the store, each second once."""

from __future__ import annotations

from agent.avatar.usage import AvatarUsage
from agent.outcomes.avatar_budget import utc_day
from agent.store import Store


class AvatarLedger:
    """The avatars of one greeting, and the seconds that the ledger has of each."""

    def __init__(self, usage: AvatarUsage) -> None:
        self._usage = usage
        self._added_s: dict[str, float] = {}
        """By the avatar's identity."""

    async def add_new(self, store: Store) -> None:
        """Add the seconds since the last call.

        Call it while the greeting runs, so that greetings that start meanwhile see them in the
        budget. A session of 0 seconds is added, too: Beyond Presence may charge it.

        Raises:
            StoreError: the next call adds the seconds.
        """
        for stay in self._usage.stays:
            added_s = self._added_s.get(stay.identity)
            new_s = round(stay.seconds, 1) - (added_s or 0.0)
            if new_s > 0 or (stay.provider_session_id and added_s is None):
                await store.add_avatar_seconds(utc_day(), new_s, session=stay.provider_session_id)
                self._added_s[stay.identity] = (added_s or 0.0) + new_s
