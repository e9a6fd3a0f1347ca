"""Decides which replica supervises the rooms, and tells the others that LiveKit answers.

One replica holds a lease in the store. If it dies, or LiveKit answers only the others, another one
takes over within half a minute. The others call LiveKit once when they start, and after a failed
call of their own. For their readiness, the one with the lease tells them through the store that
LiveKit answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets

from agent.core.errors import StoreError
from agent.core.log import logger
from agent.store import Store
from agent.token_endpoint.livekit_rooms import LiveKitRooms

PING_S = 6.0
"""How often a replica without the lease checks LiveKit, if no other replica tells it."""
LEASE_PASSES = 3
"""The lease lasts for three passes, so that one slow call does not cost it."""
ANSWER_PASSES = 2.5
"""For how many passes the others rely on an answer of LiveKit: less than the 15 s of /readyz."""
GIVE_UP_AFTER = 3
"""Failures in a row after which a replica leaves the rooms to one that LiveKit answers."""
TAKE_OVER_S = 30.0
"""How long a replica without the lease waits if the store does not answer. The one with the lease
continues without the store, so a restart of Redis costs no further calls."""
_RELEASE_TIMEOUT_S = 1.0
_LEASE = "supervision"
_ANSWERS = "livekit-answers"
"""A lease that all replicas hold together while LiveKit answers one of them."""
_REPLICAS = "replicas"


class Leadership:
    """The lease as one replica sees it.

    Args:
        rooms, store: closed by the caller.
        pass_s: between two passes of the supervisor.
    """

    def __init__(self, rooms: LiveKitRooms, store: Store, pass_s: float) -> None:
        self._rooms = rooms
        self._store = store
        self._lease_s = max(LEASE_PASSES * pass_s, 1.0)
        self._answer_s = ANSWER_PASSES * pass_s
        self._holder = secrets.token_hex(8)
        self.held = False
        """Whether this replica supervises the rooms."""
        self._store_away_since: float | None = None
        self._lead_from = 0.0
        """When this replica may take the lease after the store was away: the one that had it is
        first."""
        self._ping_at = 0.0

    async def update(self, now: float, *, failures: int) -> bool:
        """Take, renew or give up the lease; return True if `held` changes.

        Args:
            failures: calls to LiveKit that have failed in a row.
        """
        before, self.held = self.held, await self._leads(now, failures)
        if self.held == before:
            return False
        logger.info(
            "this replica supervises the rooms from now on"
            if self.held
            else "another replica supervises the rooms from now on",
            extra={"event": "supervision_taken_over" if self.held else "supervision_handed_over"},
        )
        return True

    async def _leads(self, now: float, failures: int) -> bool:
        """If the store stays away, every replica leads.

        Each step of a pass can be repeated, and an orphaned avatar costs money.
        """
        try:
            leads = await self._holds_lease(now, failures)
        except StoreError:
            if self.held:
                return True
            if self._store_away_since is None:
                self._store_away_since = now
            self._lead_from = now + self._lease_s
            return now - self._store_away_since >= TAKE_OVER_S
        self._store_away_since = None
        return leads

    async def _holds_lease(self, now: float, failures: int) -> bool:
        if self.held:
            lost_livekit = failures >= GIVE_UP_AFTER and not self._rooms.reached
            if lost_livekit and await self._store.lease_is_held(_ANSWERS):
                await self._store.release_lease(_LEASE, self._holder)
                return False
        elif failures or now < self._lead_from:
            await self._store.lease_is_held(_LEASE)  # only to notice whether the store answers
            return False
        return await self._store.hold_lease(_LEASE, self._holder, self._lease_s)

    async def release(self) -> None:
        """Give the lease back, so that another replica takes over at once."""
        if self.held:
            with contextlib.suppress(StoreError, TimeoutError):
                async with asyncio.timeout(_RELEASE_TIMEOUT_S):
                    await self._store.release_lease(_LEASE, self._holder)

    async def check_livekit(self, now: float) -> None:
        """Without the lease: find out whether LiveKit answers, from another replica if possible.

        After a failed call, this replica finds out by itself: only its own way to LiveKit or its
        key may be at fault. Raises LiveKitError.
        """
        try:
            told = self._rooms.reached and await self._store.lease_is_held(_ANSWERS)
        except StoreError:
            told = False
        if told:
            self._rooms.note_answer(now - self._answer_s)
        elif now >= self._ping_at:
            self._ping_at = now + PING_S
            await self._rooms.ping()
            await self.share_answer()

    async def share_answer(self) -> None:
        """Tell the other replicas that LiveKit has just answered."""
        with contextlib.suppress(StoreError):  # the outcome delivery logs it
            await self._store.hold_lease(_ANSWERS, _REPLICAS, self._answer_s)
