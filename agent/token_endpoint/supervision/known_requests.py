"""The requests for greetings of the last minutes, read from the store at every pass."""

from __future__ import annotations

import asyncio
import math
from typing import Final

from agent.store import RecentRequest, Store

_OVERLAP_S: Final = 1.0
"""By how much the requests that are read overlap with those that were read before."""


class KnownRequests:
    """The last request of each session.

    Args:
        window_s: older requests do not matter.
    """

    def __init__(self, store: Store, window_s: float) -> None:
        self._store = store
        self._window_s = window_s
        self._requests: dict[str, RecentRequest] = {}
        """By session id, the oldest first."""
        self._read_at = -math.inf

    def of(self, session_id: str) -> RecentRequest | None:
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
        now = asyncio.get_running_loop().time()
        within_s = min(self._window_s, now - self._read_at + _OVERLAP_S)
        found = await self._store.recent_requests(within_s, keep_s=self._window_s)
        self._read_at = now
        for request in found:
            self._requests.pop(request.session_id, None)
            self._requests[request.session_id] = request
        for session_id, oldest in list(self._requests.items()):
            if oldest.asked_at >= now - self._window_s:
                break
            del self._requests[session_id]
