"""What Beyond Presence's API says about sessions.

`GET /v1/sessions/{id}` returns the session's `status`: `to_start`, `ongoing` with `started_at`, or
`completed` with `started_at` and `ended_at`
(https://docs.bey.dev/api-reference/speech-to-video-sessions/retrieve-speech-to-video-session). It
has no price and no billed duration of a session.
`GET /v1/sessions` lists all sessions, the latest first
(https://docs.bey.dev/api-reference/speech-to-video-sessions/list-speech-to-video-sessions).
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

import aiohttp

from agent.core.errors import BillError, UnreadableSessionError
from agent.core.http_session import read_at_most
from agent.core.settings import BillSettings

_TIMEOUT_S: Final = 10.0
_ANSWER_MAX: Final = 256_000  # bytes
_PAGE: Final = 50
"""Sessions in one answer; the most that Beyond Presence allows."""
_PAGES_MAX: Final = 200
_UNREADABLE: Final = (
    "Beyond Presence's answer about a session cannot be read: look for a newer version of "
    "training-greeter"
)
_ADVICE: Final = {
    401: "it does not accept BEYOND_PRESENCE_API_KEY",
    403: "BEYOND_PRESENCE_API_KEY may not read sessions; use the key that the worker uses",
    429: "too many requests; try again later",
}

Host = tuple[str | None, int | None]
"""Name and port."""


@dataclass(frozen=True)
class ProviderSession:
    """How long a session has been running."""

    seconds: float
    """From its start to its end, or until now."""
    is_over: bool
    started_at: float = 0.0
    """Unix time; 0 if it has not started."""


@dataclass(frozen=True)
class ListedSession:
    """One session of the list."""

    id: str
    livekit: Host
    """The LiveKit that the avatar was sent to."""
    started_at: float
    """Unix time; 0 if it has not started."""


async def session_of(
    settings: BillSettings, http: aiohttp.ClientSession, session_id: str
) -> ProviderSession | None:
    """Return what Beyond Presence says about a session; None if it does not know it.

    Raises BillError, and UnreadableSessionError if its answer cannot be read.
    """
    status, body = await _get(settings, http, f"/v1/sessions/{quote(session_id, safe='')}")
    return None if status == 404 else _parse(_read(status, body))


async def session_pages(
    settings: BillSettings, http: aiohttp.ClientSession
) -> AsyncIterator[list[ListedSession]]:
    """Yield the list of all sessions page by page, the latest first. Raises BillError."""
    query = {"limit": str(_PAGE)}
    for _ in range(_PAGES_MAX):
        answer = _read(*await _get(settings, http, "/v1/sessions", **query))
        try:
            page = [
                ListedSession(str(each["id"]), host_of(each["url"]), _started_at(each["status"]))
                for each in answer["data"]
            ]
            cursor = answer["next_cursor"] if answer["has_more"] else None
        except (ValueError, TypeError, KeyError, AttributeError):
            raise BillError(_UNREADABLE) from None
        yield page
        if not cursor:
            return
        query["cursor"] = str(cursor)


def host_of(url: str) -> Host:
    parts = urlsplit(url)
    return parts.hostname, parts.port


async def _get(
    settings: BillSettings, http: aiohttp.ClientSession, path: str, **query: str
) -> tuple[int, bytes]:
    key = settings.beyond_presence_api_key
    try:
        async with http.get(
            f"{settings.bey_api_url}{path}",
            params=query,
            headers={"x-api-key": key.get_secret_value() if key else ""},
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
            allow_redirects=False,
        ) as response:
            return response.status, await read_at_most(response, _ANSWER_MAX)
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
    except (ValueError, TypeError, RecursionError):
        raise UnreadableSessionError(_UNREADABLE) from None


def _parse(session: dict[str, Any]) -> ProviderSession:
    try:
        status = session["status"]
        if status["type"] == "to_start":
            return ProviderSession(0.0, is_over=True)
        started = _unix_time(status["started_at"])
        if status["type"] == "ongoing":
            return ProviderSession(max(time.time() - started, 0.0), False, started)
        ended = _unix_time(status["ended_at"])
    except (ValueError, TypeError, KeyError, OverflowError):
        raise UnreadableSessionError(_UNREADABLE) from None
    return ProviderSession(max(ended - started, 0.0), True, started)


def _started_at(status: dict[str, Any]) -> float:
    """Return when a session of any type began; 0 if it has not."""
    text = status.get("started_at")
    return _unix_time(text) if text else 0.0


def _unix_time(text: str) -> float:
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
