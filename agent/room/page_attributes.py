"""What the page is told: the agent's attributes in the room, in the order they were given."""

from __future__ import annotations

import asyncio

from livekit import rtc

from agent.core.log import log_task_failure, logger

_TIMEOUT_S = 3.0


class Page:
    """Whatever page the trainee has open; the names are those of `agent.room.contract`."""

    def __init__(self, room: rtc.Room) -> None:
        self._room = room
        self._order = asyncio.Lock()
        self._known: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, attributes: dict[str, str]) -> None:
        """Set these attributes, soon; nobody waits for it."""
        task = asyncio.create_task(self.told(attributes), name="tell_page")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(log_task_failure)

    async def told(self, attributes: dict[str, str], timeout_s: float = _TIMEOUT_S) -> None:
        """Set these attributes; a failure is logged, for the page has its own patience."""
        try:
            async with asyncio.timeout(timeout_s), self._order:
                news = {k: v for k, v in attributes.items() if self._known.get(k, "") != v}
                if news:
                    await self._room.local_participant.set_attributes(news)
                self._known |= news
        except TimeoutError:
            logger.warning("the page was not told", extra={"attributes": sorted(attributes)})
