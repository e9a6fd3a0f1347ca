"""The agent's participant attributes, which the page reads; see `agent.room.contract`."""

from __future__ import annotations

import asyncio
from typing import Final

from livekit import rtc
from livekit.agents.utils import aio

from agent.core.log import logger
from agent.core.tasks import TaskSet

_TIMEOUT_S: Final = 3.0


class PageAttributes:
    """Sets the agent's attributes in the order of the calls; unchanged values are not sent."""

    def __init__(self, room: rtc.Room) -> None:
        self._room = room
        self._order = asyncio.Lock()
        self._known: dict[str, str] = {}
        self._tasks = TaskSet()

    def set(self, attributes: dict[str, str]) -> None:
        self._tasks.start(self.set_now(attributes), name="set_page_attributes")

    async def set_now(self, attributes: dict[str, str], timeout_s: float = _TIMEOUT_S) -> None:
        """Set attributes; a timeout is only logged, because the page has timeouts of its own."""
        try:
            async with asyncio.timeout(timeout_s), self._order:
                changed = {k: v for k, v in attributes.items() if self._known.get(k, "") != v}
                if changed:
                    await self._accepted(changed)
                self._known |= changed
        except TimeoutError:
            if not self._room.isconnected():
                return
            logger.warning(
                "LiveKit did not accept the page attributes in time; the page may show an earlier "
                "state. If this repeats, check LiveKit's status page",
                extra={"event": "page_attributes_timeout", "attributes": sorted(attributes)},
            )

    async def _accepted(self, changed: dict[str, str]) -> None:
        """Send the attributes, and wait for LiveKit's response or for the room's update.

        Under load LiveKit's SDK loses about one response in a thousand: it sends the request before
        it waits for the response (`LocalParticipant::set_attributes` in livekit/rust-sdks).
        """
        update = asyncio.get_running_loop().create_future()

        def on_changed(_: dict[str, str], participant: rtc.Participant) -> None:
            is_agent = participant.identity == self._room.local_participant.identity
            current = {key: participant.attributes.get(key, "") for key in changed}
            if is_agent and current == changed and not update.done():
                update.set_result(None)

        self._room.on("participant_attributes_changed", on_changed)
        response = asyncio.create_task(
            self._room.local_participant.set_attributes(changed), name="set_attributes"
        )
        try:
            await asyncio.wait((response, update), return_when=asyncio.FIRST_COMPLETED)
            if response.done():
                response.result()
        finally:
            self._room.off("participant_attributes_changed", on_changed)
            await aio.cancel_and_wait(response)
