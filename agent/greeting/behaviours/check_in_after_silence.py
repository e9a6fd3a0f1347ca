"""Says the script's check-in line after a silence, and requests the closing line after the next."""

from __future__ import annotations

from agent.core.events import ClosingRequested, OpeningStarted
from agent.core.log import logger
from agent.greeting.greeting import Greeting


class CheckInAfterSilence:
    """Checks in once per silence. Words or typed text of the trainee end a silence; noise does not.

    After the closing line, `CloseConversation` handles silence.
    """

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._checked_in_at_turn = -1
        greeting.events.on(OpeningStarted, self._on_opening)

    def _on_opening(self, _: OpeningStarted) -> None:
        self._greeting.tasks.start(self._watch(), name="check_in_after_silence")

    async def _watch(self) -> None:
        state, activity = self._greeting.state, self._greeting.activity
        while state.closing_said is None and state.end_reason is None:
            left_s = state.script.limits.idle_seconds - activity.quiet_s
            if left_s > 0:
                await activity.wait_for_change(left_s)
            elif self._checked_in_at_turn == activity.trainee_turns:
                self._greeting.events.emit(ClosingRequested("silence"))
                await activity.wait_for_change(state.script.limits.idle_seconds)
            else:
                self._checked_in_at_turn = activity.trainee_turns
                logger.info("the trainee is silent; checking in", extra={"event": "check_in"})
                await self._greeting.conversation.lines.say(state.script.check_in)
