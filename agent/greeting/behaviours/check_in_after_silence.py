"""Says the script's check-in line after a silence, and asks for the closing line after the next
one."""

from __future__ import annotations

from agent.core.events import ClosingRequested, OpeningStarted
from agent.core.log import logger
from agent.greeting.behaviours.close_conversation import LINGER_S, end_reason_after
from agent.greeting.context import Greeting


class CheckInAfterSilence:
    """One check-in per silence: speech or typed text of the trainee starts over."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._checked_in_at_turn = -1
        greeting.events.on(OpeningStarted, self._on_opening)

    def _on_opening(self, _: OpeningStarted) -> None:
        self._greeting.tasks.start(self._watch(), name="check_in_after_silence")

    async def _watch(self) -> None:
        activity, state = self._greeting.activity, self._greeting.state
        while state.end_reason is None:
            left_s = self._limit_s - activity.quiet_s
            if left_s > 0:
                await activity.change(left_s)
            else:
                await self._on_silence()

    @property
    def _limit_s(self) -> float:
        idle_s = float(self._greeting.state.script.limits.idle_seconds)
        return idle_s if self._greeting.state.closing_said is None else min(idle_s, LINGER_S)

    async def _on_silence(self) -> None:
        state, turns = self._greeting.state, self._greeting.activity.trainee_turns
        if state.closing_said is not None:
            # The trainee said something after the closing line; it is not said twice.
            self._greeting.ending.end(end_reason_after(state.closing_said))
        elif self._checked_in_at_turn == turns:
            self._greeting.events.emit(ClosingRequested("silence"))
            await self._greeting.activity.change(self._limit_s)
        else:
            self._checked_in_at_turn = turns
            logger.info("the trainee is silent; checking in", extra={"event": "check_in"})
            await self._greeting.conversation.say(state.script.check_in)
