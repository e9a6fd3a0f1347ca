"""The requests for greetings of the last minutes, read from the store at every pass."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import Final

from agent.store import Store

_OVERLAP_S: Final = 1.0
"""By how much the requests that are read overlap with those that were read before."""


@dataclass(kw_only=True)
class KnownRequest:
    """The last request for a session's greeting."""

    room_sid: str
    """The room that was created or found for the session."""
    job_metadata: str
    asked_at: float
    dispatched_at: float | None
    """When a request last created the room and its dispatch; None if none of them did."""


class KnownRequests:
    """The last request of each session. Times are the event loop's, in seconds.

    Args:
        window_s: older requests do not matter.
    """

    def __init__(self, store: Store, window_s: float) -> None:
        self._store = store
        self._window_s = window_s
        self._requests: dict[str, KnownRequest] = {}
        """By session id, the oldest first."""
        self._read_at = -math.inf

    def of(self, session_id: str) -> KnownRequest | None:
        """Return the last request of a session."""
        return self._requests.get(session_id)

    def clear(self) -> None:
        """Forget all; the next `read` reads them again."""
        self._requests.clear()
        self._read_at = -math.inf

    async def read(self) -> None:
        """Read the requests since the last time. How many are older does not matter.

        Raises:
            StoreError: the next pass reads them.
        """
        began_at = asyncio.get_running_loop().time()
        within_s = min(self._window_s, began_at - self._read_at + _OVERLAP_S)
        found = await self._store.recent_requests(within_s, keep_s=self._window_s)
        now = asyncio.get_running_loop().time()
        self._read_at = began_at
        for request in found:
            age_s = request.dispatched_age_s
            self._requests.pop(request.session_id, None)
            self._requests[request.session_id] = KnownRequest(
                room_sid=request.room_sid,
                job_metadata=request.job_metadata,
                asked_at=now - request.age_s,
                dispatched_at=None if age_s is None else now - age_s,
            )
        for session_id, oldest in list(self._requests.items()):
            if oldest.asked_at >= now - self._window_s:
                break
            del self._requests[session_id]
