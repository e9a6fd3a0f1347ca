"""Compare the ledger with what Beyond Presence says about each session.

`GET /v1/sessions/{id}` returns the session's `status`: `to_start`, `ongoing` with `started_at`, or
`completed` with `started_at` and `ended_at`
(https://docs.bey.dev/api-reference/speech-to-video-sessions/retrieve-speech-to-video-session). The
API has no price and no billed duration of a session, so the time from start to end stands for it.
`GET /v1/sessions` lists all sessions, the latest first
(https://docs.bey.dev/api-reference/speech-to-video-sessions/list-speech-to-video-sessions): those
that the ledger does not have are added to it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, get_args
from urllib.parse import quote, urlsplit

import aiohttp

from agent.core.errors import BillError
from agent.core.settings import BillSettings
from agent.store import AvatarSession, Store

QUIET_S: Final = 600.0
"""A session is compared this long after its seconds changed last: its greeting is over by then."""
_TIMEOUT_S: Final = 10.0
_AT_ONCE: Final = 4
_ANSWER_MAX: Final = 256_000  # bytes
_PAGE: Final = 50
"""Sessions in one answer; the most that Beyond Presence allows."""
_PAGES_MAX: Final = 200
_LOOK_BACK_S: Final = 7 * 86_400.0
"""The list of Beyond Presence is read as far back as this."""
_UNREADABLE: Final = (
    "Beyond Presence's answer about a session cannot be read: look for a newer version of "
    "training-greeter"
)
_UNKNOWN: Final = -1.0
"""In the store, for a session that Beyond Presence does not know."""
_ADVICE: Final = {
    401: "it does not accept BEYOND_PRESENCE_API_KEY",
    403: "BEYOND_PRESENCE_API_KEY may not read sessions; use the key that the worker uses",
    429: "too many requests; try again later",
}

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
class ProviderSession:
    """What Beyond Presence says about one session."""

    seconds: float
    """From its start to its end, or until now."""
    is_over: bool
    started_at: float = 0.0
    """Unix time; 0 if it has not started."""


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
    """Ask Beyond Presence about each session that was not compared yet.

    Answers and counts are kept in the store. A session that still runs is asked about again the
    next time.

    Args:
        livekit_url: the address that avatars get; sessions with it that are missing from the ledger
            are added with 0 seconds. Empty: none are looked for.

    Raises:
        StoreError: the store cannot be reached.
    """
    compared: list[Comparison] = []
    added: list[str] = []
    error: BillError | None = None
    if livekit_url:
        try:
            added = await _add_lost_sessions(store, settings, http, livekit_url)
        except BillError as e:
            error = e
    unbilled = await store.avatar_sessions(only_unbilled=True)
    due = [entry for entry in unbilled if entry.quiet_s >= QUIET_S or entry.id in added]
    for batch in _batched(due, _AT_ONCE):
        answers = await asyncio.gather(
            *(session_of(settings, http, entry.id) for entry in batch), return_exceptions=True
        )
        for entry, theirs in zip(batch, answers, strict=True):
            if isinstance(theirs, BillError):
                error = theirs
                continue
            if isinstance(theirs, BaseException):
                raise theirs
            if theirs is None or theirs.is_over:
                billed_s = _UNKNOWN if theirs is None else theirs.seconds
                await store.set_avatar_bill(entry.id, billed_s)
            compared.append(_compared(entry, theirs, settings.bill_tolerance_s))
        if any(isinstance(theirs, BillError) for theirs in answers):
            break
    await store.add_counts(Counter(f"bill|{one.result}" for one in compared))
    return Bill(compared, error, added)


def compared_before(entries: Iterable[AvatarSession], tolerance_s: float) -> list[Comparison]:
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


def _compared(
    entry: AvatarSession, theirs: ProviderSession | None, tolerance_s: float
) -> Comparison:
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


def _batched(entries: Sequence[AvatarSession], size: int) -> Iterator[Sequence[AvatarSession]]:
    """Split into parts of this size; `itertools.batched` needs Python 3.12."""
    return (entries[start : start + size] for start in range(0, len(entries), size))


async def session_of(
    settings: BillSettings, http: aiohttp.ClientSession, session_id: str
) -> ProviderSession | None:
    """Return what Beyond Presence says about a session; None if it does not know it."""
    status, body = await _get(settings, http, f"/v1/sessions/{quote(session_id, safe='')}")
    if status == 404:
        return None
    return _parse(_read(status, body))


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
    added: list[str] = []
    query = {"limit": str(_PAGE)}
    for _ in range(_PAGES_MAX):
        page = _read(*await _get(settings, http, "/v1/sessions", **query))
        started_at = last
        try:
            for session in page["data"]:
                if not (begun := _parse(session).started_at):
                    continue  # it costs nothing yet
                started_at = begun
                is_ours = _host(session["url"]) == _host(livekit_url)
                if is_ours and first <= begun <= last and session["id"] not in ids:
                    added.append(str(session["id"]))
            more = page["next_cursor"] if page["has_more"] else None
        except (ValueError, TypeError, KeyError):
            raise BillError(_UNREADABLE) from None
        if not more or started_at < first:
            break
        query["cursor"] = str(more)
    day = time.strftime("%Y-%m-%d", time.gmtime())
    for session_id in added:
        await store.add_avatar_seconds(day, 0, session=session_id)
    return added


def _host(url: str) -> tuple[str | None, int | None]:
    parts = urlsplit(url)
    return parts.hostname, parts.port


async def _get(
    settings: BillSettings, http: aiohttp.ClientSession, path: str, **query: str
) -> tuple[int, bytes]:
    """Return the status and the body of an answer."""
    key = settings.beyond_presence_api_key
    body = b""
    try:
        async with http.get(
            f"{settings.bey_api_url}{path}",
            params=query,
            headers={"x-api-key": key.get_secret_value() if key else ""},
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
            allow_redirects=False,
        ) as response:
            async for chunk in response.content.iter_chunked(16_384):
                body += chunk
                if len(body) > _ANSWER_MAX:
                    break
            return response.status, body
    except (aiohttp.ClientError, OSError, TimeoutError) as e:
        raise BillError(
            f"Beyond Presence cannot be reached ({type(e).__name__}): check BEY_API_URL and the "
            "network"
        ) from None


def _read(status: int, body: bytes) -> dict[str, Any]:
    if status != 200:
        advice = _ADVICE.get(status, "its service has a problem; see its status page")
        raise BillError(f"Beyond Presence answered {status}: {advice}")
    try:
        return dict(json.loads(body))
    except (ValueError, TypeError):
        raise BillError(_UNREADABLE) from None


def _parse(session: dict[str, Any]) -> ProviderSession:
    try:
        status = session["status"]
        if status["type"] == "to_start":
            return ProviderSession(0.0, is_over=True)
        started = datetime.fromisoformat(status["started_at"]).timestamp()
        if status["type"] == "ongoing":
            return ProviderSession(max(time.time() - started, 0.0), False, started)
        ended = datetime.fromisoformat(status["ended_at"]).timestamp()
    except (ValueError, TypeError, KeyError):
        raise BillError(_UNREADABLE) from None
    return ProviderSession(max(ended - started, 0.0), True, started)
