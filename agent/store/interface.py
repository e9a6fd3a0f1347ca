"""What a store promises. It promises nothing of how, and knows nothing of what a body says."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Protocol


class Phase(StrEnum):
    """How far a session's greeting has come; a session we know nothing of has none."""

    STARTED = "started"
    """A greeter was sent for; nobody has met it yet."""
    MET = "met"
    """Trainee and greeter were in the room together: once the room is gone, it is over."""
    ENDED = "ended"


PRESUMED: Final = "presumed: the room was gone"
"""The reason of an end that nobody reported: a later report may know better. No caller can give it,
for theirs are single words."""


class Store(Protocol):
    """Every method is one atomic step and raises StoreError where the store cannot be reached.

    An outcome is open while its greeting goes on and its lease is renewed, then closed and due for
    delivery, then settled. Its body is JSON text.
    """

    async def phase(self, session_id: str) -> Phase | None:
        """How far this session has come; None where nothing is known."""

    async def start(self, session_id: str) -> Phase | None:
        """Start a session nothing is known of; the phase before, so None to the one starter."""

    async def mark_met(self, session_id: str) -> None:
        """STARTED becomes MET; anything else stays as it is."""

    async def end(self, session_id: str, reason: str) -> None:
        """Any phase, or none, becomes ENDED; the first reason is kept, unless it was PRESUMED."""

    async def end_reason(self, session_id: str) -> str | None:
        """Why this session ended; None while it has not, or where that is only PRESUMED."""

    async def forget_phase(self, session_id: str) -> None:
        """As if it had never started; what ended stays so, unless that was only PRESUMED."""

    async def restart(self, session_id: str) -> bool:
        """Forget that this session ended; True to the one caller whose call did it."""

    async def claim(self, name: str, ttl_s: float) -> bool:
        """Take `name` for `ttl_s` seconds; False while anybody holds it."""

    async def open_outcome(
        self, outcome_id: str, session_id: str, body: str, lease_s: float
    ) -> None:
        """A greeting began. Repeating it is a `save_outcome`."""

    async def save_outcome(self, outcome_id: str, body: str, lease_s: float) -> bool:
        """Its newest state, and the lease from now; False where it was closed or forgotten."""

    async def close_outcome(self, outcome_id: str, body: str) -> bool:
        """It is over, and due at once; False where it was closed before, or forgotten."""

    async def close_lost_outcome(self, outcome_id: str, body: str) -> bool:
        """The same by others, for one whose lease has run out and was not renewed since."""

    async def lost_outcomes(self, limit: int) -> list[tuple[str, str]]:
        """Id and body of what is open although its lease has run out, the longest lost first."""

    async def due_outcomes(
        self, limit: int, *, hold_s: float = 0, overdue_s: float = 0
    ) -> list[tuple[str, str, int]]:
        """Id, body and attempts so far of what is to be delivered now, the longest due first.

        Args:
            hold_s: nobody else is given them for so long.
            overdue_s: only what has been due for so long.
        """

    async def pending_outcomes(self) -> int:
        """How many are closed and not yet settled, due now or later."""

    async def postpone_outcome(self, outcome_id: str, attempts: int, in_s: float) -> None:
        """It was not delivered: due again in `in_s` seconds."""

    async def settle_outcome(self, outcome_id: str) -> None:
        """It was delivered, or there is nobody to deliver to: never due again."""

    async def outcomes(self, session_id: str) -> list[str]:
        """The bodies of all outcomes of a session, oldest first."""

    async def forget_session(self, session_id: str) -> int:
        """Delete all that is held of a session; how many outcomes that were."""

    async def forget_older(self, age_s: float) -> int:
        """The same for each session whose last change is older, unless a live lease is on it.

        Days of the ledger that are older go too, but for today and yesterday.
        """

    async def spend_avatar(self, day: str, seconds: float) -> None:
        """Add what an avatar was paid for to a UTC day's sum (`2026-03-02`)."""

    async def avatar_seconds(self, day: str) -> float:
        """What was spent on avatars on a UTC day; 0 where nothing is known of it."""

    async def aclose(self) -> None:
        """Let go of connections; the store cannot be used afterwards."""
