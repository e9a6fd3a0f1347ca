"""Ends the greeting when the page asks, the trainee is gone, or room or session are closed."""

from __future__ import annotations

from livekit.agents import CloseEvent, CloseReason

from agent.core import end_reasons
from agent.core.events import EndRequested, TraineeGone
from agent.core.log import logger
from agent.greeting.context import Greeting


class EndGreeting:
    """Every end that is not a line of the script."""

    def __init__(self, greeting: Greeting) -> None:
        self._ending = greeting.ending
        greeting.events.on(EndRequested, lambda event: self._ending.end(event.reason))
        greeting.events.on(TraineeGone, lambda event: self._ending.end(event.reason))
        greeting.room.on("disconnected", self._on_room_closed)
        greeting.conversation.session.on("close", self._on_session_closed)

    def _on_room_closed(self, *_: object) -> None:
        self._ending.end(end_reasons.ROOM_CLOSED)

    def _on_session_closed(self, event: CloseEvent) -> None:
        if event.reason is CloseReason.ERROR:
            logger.error(
                "the conversation cannot continue; see the provider errors above",
                extra={"event": "session_failed"},
            )
            self._ending.end(end_reasons.SESSION_FAILED)
        else:
            # We never close the session before the end: LiveKit is stopping the job.
            self._ending.end(end_reasons.WORKER_SHUTDOWN)
