"""The interface of the store. SQLite and Redis implement it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from agent.store.rates import Limit


class Phase(StrEnum):
    """The phase of a session's greeting. A session without an entry has no phase."""

    STARTED = "started"
    """An agent was dispatched; it has not met the trainee yet."""
    MET = "met"
    """Trainee and agent were in the room together. If the room is gone, the greeting is over."""
    ENDED = "ended"


PRESUMED: Final = "presumed: the room was gone"
"""The reason of an end that no one reported. A later, reported reason replaces it. Reported reasons
are single words, so no caller can report this text."""


@dataclass
class RecentRequest:
    """A recent request for a greeting. Times are in seconds, by the clock of the event loop."""

    session_id: str
    room_sid: str
    """The room that was created or found for the session."""
    job_metadata: str
    """JSON for the job, should another dispatch be needed."""
    asked_at: float
    """When the session was last requested."""
    dispatched_at: float | None
    """When a request last created the room and its dispatch; None if none of them did."""


@dataclass(frozen=True, kw_only=True)
class StoreSpace:
    """How much space the store uses and has: memory of Redis, or disk of SQLite."""

    used_bytes: float
    limit_bytes: float
    """Infinite if unknown."""


class LedgerEntry(NamedTuple):
    """The ledger's entry of one session at Beyond Presence."""

    id: str
    """Beyond Presence's."""
    given_at: float
    """When the id was stored (Unix time of the store's clock)."""
    quiet_s: float
    """How long ago `seconds` changed; 0 if `billed_s` is known."""
    seconds: float
    """How long its avatar was in the room."""
    billed_s: float | None
    """How long the session took according to Beyond Presence; None if it was not asked yet,
    negative if it does not know the session."""


def dispatch_claim(session_id: str) -> str:
    """Return the name of the claim to dispatch an agent to a session's room."""
    return f"dispatch/{session_id}"


def accepted_lease(session_id: str) -> str:
    """Return the name of the lease that a worker takes for JOB_START_S when it accepts a job."""
    return f"accepted/{session_id}"


JOB_START_S: Final = 8.0
"""How long a job may take to join. A cold start on a busy machine takes several seconds."""


FORGOTTEN_S: Final = 86_400.0
"""How long the store remembers that a session was forgotten: longer than any greeting. If the clock
is put back after that, new greetings of the session are refused until it has caught up."""


def forgotten_mark(session_id: str) -> str:
    """Return the name of the mark of a forgotten session: a hash, because its id is deleted."""
    return f"forgotten/{hashlib.sha256(session_id.encode()).hexdigest()}"


class Store(Protocol):
    """Sessions, claims, outcomes and the avatar ledger.

    Each method runs as one transaction: its change is made completely or not at all, and other
    processes see the state before it or after it, nothing in between. Each method raises StoreError
    if the store cannot be reached.

    An outcome has one of three states. It is *open* during the greeting: the job renews its lease
    with each save. It is *closed* when the greeting has ended, and then due for delivery. It is
    *done* when it was delivered or cannot be delivered. Feedback after the end is a second version
    of the outcome, with an id and a state of its own: see `agent/outcomes/feedback.py`. The store
    does not read the body, which is JSON text.
    """

    async def phase(self, session_id: str) -> Phase | None:
        """Return the phase of a session; None if the store has no entry for it."""

    async def count(self, limits: Sequence[Limit]) -> None:
        """Count one request against several limits; the ones before a reached one count it, too.

        Raises LimitReached with the first limit that is reached.
        """

    async def start(
        self, session_id: str, *, claim_dispatch_s: float = 0, limits: Sequence[Limit] = ()
    ) -> Phase | None:
        """Add a session as STARTED if it has no entry; return its phase before the call.

        If several callers start the same session at once, exactly one of them gets None. For it,
        `dispatch_claim` is claimed for `claim_dispatch_s`. Before anything else, the request is
        counted as by `count`.
        """

    async def mark_met(self, session_id: str) -> None:
        """Change the phase from STARTED to MET; do nothing in any other phase."""

    async def end(self, session_id: str, reason: str, *, room_sid: str = "") -> None:
        """Set the phase to ENDED, unless the session has another room than `room_sid` by now.

        The first reason is kept, unless it is PRESUMED.
        """

    async def end_reason(self, session_id: str) -> str | None:
        """Return why the session ended; None if it has not ended or the reason is PRESUMED."""

    async def forget_phase(self, session_id: str, *, room_sid: str = "") -> None:
        """Delete the session's entry, unless it ended for a reported reason.

        `room_sid` is as for `end`.
        """

    async def set_room(self, session_id: str, room_sid: str) -> None:
        """Save the LiveKit room of a session; do nothing if the session has no entry."""

    async def restart(self, session_id: str) -> bool:
        """Delete the session's entry if it has ended; of several callers, exactly one gets True."""

    async def claim(self, name: str, ttl_s: float) -> bool:
        """Claim a name for `ttl_s` seconds; return False if a claim on it is still valid."""

    async def hold_lease(self, name: str, holder: str, ttl_s: float) -> bool:
        """Take or renew a lease for `ttl_s` seconds; False if another holder has it."""

    async def lease_is_held(self, name: str) -> bool:
        """Return whether anyone has a lease that has not expired."""

    async def release_lease(self, name: str, holder: str) -> None:
        """Give a lease back; no effect if another holder has it."""

    async def save_request(
        self, session_id: str, job_metadata: str, *, room_sid: str, dispatched: bool
    ) -> Phase | None:
        """Record a request for a greeting and the room of its session, unless it has ended.

        A session without an entry is added as STARTED. `job_metadata` is kept if this request
        created the room and its dispatch (`dispatched`), or if no other is kept. Returns the phase
        before the call; if it is ENDED, nothing was recorded.
        """

    async def recent_requests(self, within_s: float, *, keep_s: float) -> list[RecentRequest]:
        """The sessions asked for in the last `within_s` seconds, the oldest request first.

        Requests that are older than `keep_s` are deleted.
        """

    async def open_outcome(
        self, outcome_id: str, session_id: str, body: str, lease_s: float, *, age_s: float = 0
    ) -> bool:
        """Add an open outcome, or replace its body; its lease lasts `lease_s` seconds from now.

        Returns False, and changes nothing, if the outcome was closed, or if the session was
        forgotten in the last `age_s` seconds: since the greeting began. An outcome that the store
        lost, for example in a failover, is added again.
        """

    async def close_outcome(
        self, outcome_id: str, body: str, *, only_expired: bool = False
    ) -> bool:
        """Close an open outcome; it is due for delivery immediately.

        With `only_expired`, do nothing if its lease is valid. Returns False if it was not closed.
        """

    async def expired_outcomes(self, limit: int) -> list[tuple[str, str]]:
        """Return id and body of open outcomes whose lease has expired, the oldest lease first."""

    async def due_outcomes(
        self, limit: int, *, reserve_s: float = 0, overdue_s: float = 0
    ) -> list[tuple[str, str, int]]:
        """Return id, body and number of failed attempts of outcomes due for delivery, oldest first.

        Other callers do not get them for `reserve_s`. They have been due for at least `overdue_s`.
        """

    async def pending_deliveries(self) -> int:
        """Return the number of closed outcomes, due now or later."""

    async def retry_delivery(self, outcome_id: str, attempts: int, delay_s: float) -> None:
        """Store the number of failed attempts; the outcome is due again in `delay_s` seconds."""

    async def finish_delivery(self, outcome_id: str) -> None:
        """Set a closed outcome to done: it was delivered or cannot be delivered."""

    async def outcomes(self, session_id: str) -> list[str]:
        """Return the bodies of all outcomes of a session, oldest first."""

    async def forget_session(self, session_id: str) -> int:
        """Delete a session's entry and its outcomes; return the number of deleted outcomes.

        For FORGOTTEN_S, `open_outcome` refuses outcomes of greetings that began before.
        """

    async def is_forgotten(self, session_id: str, age_s: float) -> bool:
        """Return whether the session was forgotten in the last `age_s` seconds."""

    async def forget_older(self, age_s: float) -> int:
        """Delete all sessions, with their outcomes, that did not change for `age_s` seconds.

        A session with an open outcome and a valid lease is kept. Ledger days of that age are
        deleted too, except today and yesterday (UTC), and entries of avatar sessions. Returns the
        number of deleted outcomes.
        """

    async def add_avatar_seconds(self, day: str, seconds: float, *, session: str = "") -> None:
        """Add the seconds of an avatar to a UTC day (`2026-03-02`), and to the session's entry."""

    async def avatar_seconds(self, day: str) -> float:
        """Return the avatar seconds in the ledger of a UTC day."""

    async def avatar_sessions(self, *, only_unbilled: bool = False) -> list[LedgerEntry]:
        """Return the ledger's entries by session, the oldest first."""

    async def set_avatar_bill(self, session: str, billed_s: float) -> None:
        """Store what Beyond Presence says about a session; more seconds reset it."""

    async def add_counts(self, counts: Mapping[str, float]) -> None:
        """Add to counts by name. They are never deleted, and never contain a session."""

    async def counts(self) -> dict[str, float]: ...

    async def space(self) -> StoreSpace: ...

    async def identity(self) -> str:
        """Return what tells this store from others; its address may differ between machines."""

    async def aclose(self) -> None:
        """Close all connections; the store cannot be used afterwards."""
