"""How a greeting ends: the first reason given counts, and everybody can wait for it."""

from __future__ import annotations

import asyncio
from typing import Final

CONTINUE: Final = "continue"
"""The trainee goes on to the video."""
COMPLETED: Final = "completed"
"""The closing line was said, and nobody had more to say."""
SILENT: Final = "silent"
"""The trainee said nothing, nor when they were asked whether they are there."""
TRAINEE_LEFT: Final = "trainee_left"
"""They left on purpose and did not come back within the grace."""
CONNECTION_LOST: Final = "connection_lost"
"""LiveKit gave their connection up."""
TRAINEE_NEVER_CAME: Final = "trainee_never_came"
ROOM_CLOSED: Final = "room_closed"
"""Somebody else closed the room: the end call, or LiveKit."""
TIME_LIMIT: Final = "time_limit"
SESSION_FAILED: Final = "session_failed"
"""The conversation could not go on; the log says why."""
WORKER_SHUTDOWN: Final = "worker_shutdown"


AGAIN = frozenset(
    {TRAINEE_NEVER_CAME, CONNECTION_LOST, ROOM_CLOSED, SESSION_FAILED, WORKER_SHUTDOWN}
)
"""Not ended on purpose: the trainee may be greeted again."""


class Ending:
    """The end of one greeting."""

    def __init__(self) -> None:
        self._reason: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @property
    def reason(self) -> str | None:
        """Why it ended; None while it goes on."""
        return self._reason.result() if self._reason.done() else None

    def end(self, reason: str) -> None:
        """End it; later reasons are ignored."""
        if not self._reason.done():
            self._reason.set_result(reason)

    async def wait(self) -> str:
        """Wait, without limit, for the reason."""
        return await asyncio.shield(self._reason)
