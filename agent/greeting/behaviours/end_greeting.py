"""Ends the greeting when the page asks, the trainee is gone, or room or conversation is closed."""

from __future__ import annotations

from agent.core import end_reasons
from agent.core.events import ConversationClosed, EndRequested, RoomClosed, TraineeGone
from agent.core.log import logger
from agent.greeting.greeting import Greeting


class EndGreeting:
    """Every end that is not a line of the script."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        greeting.events.on(EndRequested, lambda event: greeting.end(event.reason))
        greeting.events.on(TraineeGone, lambda event: greeting.end(event.reason))
        greeting.events.on(RoomClosed, lambda _: greeting.end(end_reasons.ROOM_CLOSED))
        greeting.events.on(ConversationClosed, self._on_conversation_closed)

    def _on_conversation_closed(self, event: ConversationClosed) -> None:
        if event.failed:
            logger.error(
                "the conversation cannot continue; see the provider errors above",
                extra={"event": "session_failed"},
            )
            self._greeting.end(end_reasons.SESSION_FAILED)
        else:
            # We close the session only after the end: LiveKit is stopping the job.
            self._greeting.end(end_reasons.WORKER_SHUTDOWN)
