"""What Beyond Presence's API says about sessions.

`GET /v1/sessions/{id}` returns the session's `status`: `to_start`, `ongoing` with `started_at`, or
`completed` with `started_at` and `ended_at`
(https://docs.bey.dev/api-reference/speech-to-video-sessions/retrieve-speech-to-video-session). It
has no price and no billed duration of a session.
`GET /v1/sessions` lists all sessions, the latest first
(https://docs.bey.dev/api-reference/speech-to-video-sessions/list-speech-to-video-sessions).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar
from urllib.parse import quote

import aiohttp
from pydantic import AfterValidator, BaseModel, ValidationError

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

M = TypeVar("M", bound=BaseModel)
_Time = Annotated[datetime, AfterValidator(lambda at: at if at.tzinfo else at.replace(tzinfo=UTC))]


class _Status(BaseModel):
    type: str
    started_at: _Time | None = None
    ended_at: _Time | None = None


class _Session(BaseModel):
    status: _Status


class ListedSession(_Session):
    """One session of the list."""

    id: str
    url: str | None
    """The LiveKit that the avatar was sent to."""

    @property
    def started_at(self) -> float:
        """Unix time; 0 if it has not started."""
        at = self.status.started_at
        return at.timestamp() if at else 0.0


class _Page(BaseModel):
    data: list[ListedSession]
    has_more: bool
    next_cursor: str | int | None = None


@dataclass(frozen=True)
class ProviderSession:
    """How long a session has been running."""

    seconds: float
    """From its start to its end, or until now."""
    is_over: bool


async def session_of(
    settings: BillSettings, http: aiohttp.ClientSession, session_id: str
) -> ProviderSession | None:
    """Return what Beyond Presence says about a session; None if it does not know it.

    Raises BillError, and UnreadableSessionError if its answer cannot be read.
    """
    status, body = await _get(settings, http, f"/v1/sessions/{quote(session_id, safe='')}")
    if status == 404:
        return None
    session = _read(_Session, status, body).status
    if session.type == "to_start":
        return ProviderSession(0.0, is_over=True)
    is_over = session.type != "ongoing"
    until = session.ended_at if is_over else datetime.now(UTC)
    if session.started_at is None or until is None:
        raise UnreadableSessionError(_UNREADABLE)
    return ProviderSession(max((until - session.started_at).total_seconds(), 0.0), is_over)


async def session_pages(
    settings: BillSettings, http: aiohttp.ClientSession
) -> AsyncIterator[list[ListedSession]]:
    """Yield the list of all sessions page by page, the latest first. Raises BillError."""
    query = {"limit": str(_PAGE)}
    for _ in range(_PAGES_MAX):
        page = _read(_Page, *await _get(settings, http, "/v1/sessions", **query))
        yield page.data
        if not page.has_more or not page.next_cursor:
            return
        query["cursor"] = str(page.next_cursor)


def host_of(url: str) -> str:
    """Return the part of an address that two addresses of the same server share: name and port."""
    return url.rpartition("://")[2].partition("/")[0].lower()


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


def _read(model: type[M], status: int, body: bytes) -> M:
    if status != 200:
        advice = _ADVICE.get(status, "its service has a problem; see its status page")
        raise BillError(f"Beyond Presence answered {status}: {advice}")
    try:
        return model.model_validate_json(body)
    except ValidationError:
        raise UnreadableSessionError(_UNREADABLE) from None
