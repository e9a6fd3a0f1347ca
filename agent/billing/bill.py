"""Compare the ledger with what Beyond Presence says about each session.

Its API has no billed duration, so the time from a session's start to its end stands for it.
Sessions that only Beyond Presence knows are added to the ledger.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

import aiohttp

from agent.billing.budget import utc_day
from agent.billing.sessions_api import ProviderSession, host_of, session_of, session_pages
from agent.core.errors import BillError, UnreadableSessionError
from agent.core.settings import BillSettings
from agent.store import LedgerEntry, Store

QUIET_S: Final = 600.0
"""A session is compared this long after its seconds changed last: its greeting is over by then."""
_LOOK_BACK_S: Final = 7 * 86_400.0
"""The list of Beyond Presence is read as far back as this."""
_FAILURES_MAX: Final = 3
"""After so many failures in a row, Beyond Presence is not asked about the others."""
_UNKNOWN: Final = -1.0
"""In the store, for a session that Beyond Presence does not know."""

Result = Literal["matches", "billed_more", "billed_less", "still_running", "not_found"]
RESULTS: Final[tuple[Result, ...]] = get_args(Result)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One session in the ledger and at Beyond Presence."""

    id: str
    """Beyond Presence's."""
    given_at: float
    """When the worker got the id (Unix time)."""
    ours_s: float
    """Seconds of the avatar in the room."""
    billed_s: float | None
    """Seconds of the session so far; None if Beyond Presence does not know it."""
    result: Result


@dataclass(frozen=True)
class Bill:
    """The sessions that were compared, and what stopped the comparison of the others."""

    compared: list[Comparison]
    error: BillError | None = None
    added: list[str] = field(default_factory=list)
    """Ids of sessions that the ledger did not have: Beyond Presence's answer was lost."""


async def compare_new_sessions(
    store: Store, settings: BillSettings, http: aiohttp.ClientSession, *, livekit_url: str = ""
) -> Bill:
    """Ask Beyond Presence about each session that was not compared yet, and store its answer.

    A session that still runs is asked about again the next time. Raises StoreError.

    Args:
        livekit_url: the address that avatars get; sessions with it that are missing from the ledger
            are added with 0 seconds. Empty: none are looked for.
    """
    compared: list[Comparison] = []
    added: list[str] = []
    error: BillError | None = None
    if livekit_url:
        try:
            added = await _add_lost_sessions(store, settings, http, livekit_url)
        except BillError as e:
            error = e
    failures = 0  # in a row
    # The latest first: sessions of an earlier account, which may all be refused, delay no others.
    for entry in reversed(await store.avatar_sessions(only_unbilled=True)):
        if entry.quiet_s < QUIET_S and entry.id not in added:
            continue
        try:
            theirs = await session_of(settings, http, entry.id)
        except BillError as e:
            error = e
            failures += not isinstance(e, UnreadableSessionError)
            if failures == _FAILURES_MAX:
                break
            continue
        failures = 0
        if theirs is None or theirs.is_over:
            await store.set_avatar_bill(entry.id, theirs.seconds if theirs else _UNKNOWN)
        compared.append(_compared(entry, theirs, settings.bill_tolerance_s))
    await store.add_counts(Counter(f"bill|{one.result}" for one in compared))
    return Bill(compared, error, added)


def compared_before(entries: Iterable[LedgerEntry], tolerance_s: float) -> list[Comparison]:
    """Return the comparisons whose answers are in the store."""
    return [
        _compared(
            entry,
            None if entry.billed_s == _UNKNOWN else ProviderSession(entry.billed_s, is_over=True),
            tolerance_s,
        )
        for entry in entries
        if entry.billed_s is not None
    ]


def _compared(entry: LedgerEntry, theirs: ProviderSession | None, tolerance_s: float) -> Comparison:
    result: Result = "matches"
    if theirs is None:
        result = "not_found"
    elif not theirs.is_over:
        result = "still_running"
    elif abs(theirs.seconds - entry.seconds) > tolerance_s:
        result = "billed_more" if theirs.seconds > entry.seconds else "billed_less"
    return Comparison(
        id=entry.id,
        given_at=entry.given_at,
        ours_s=round(entry.seconds, 1),
        billed_s=round(theirs.seconds, 1) if theirs else None,
        result=result,
    )


async def _add_lost_sessions(
    store: Store, settings: BillSettings, http: aiohttp.ClientSession, livekit_url: str
) -> list[str]:
    """Add the sessions to the ledger that only Beyond Presence knows; return their ids.

    The worker requested them, but the answer with the id did not arrive.
    """
    known = await store.avatar_sessions()
    if not known:
        return []  # a new store: all sessions are older
    # RETENTION_DAYS deletes old entries, so nothing before the oldest one can be missing.
    now = time.time()
    first, last = max(known[0].given_at + QUIET_S, now - _LOOK_BACK_S), now - QUIET_S
    ids = {entry.id for entry in known}
    host = host_of(livekit_url)
    added: list[str] = []
    async for page in session_pages(settings, http):
        started = [session for session in page if session.started_at]  # others cost nothing yet
        for session in started:
            in_time = first <= session.started_at <= last
            if in_time and session.id not in ids and host_of(session.url or "") == host:
                ids.add(session.id)  # a page may repeat sessions of the one before
                added.append(session.id)
        if started and started[-1].started_at < first:
            break
    for session_id in added:
        await store.add_avatar_seconds(utc_day(), 0, session=session_id)
    return added
