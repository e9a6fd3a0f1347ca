"""Measures the silence in a conversation.

livekit-agents' `user_away_timeout` is not enough. It fires once per silence and has one limit for
the whole session. It counts a trainee who has left the room as silent, and noise as speech, and it
ignores typed text.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from livekit.agents import AgentSession, AgentStateChangedEvent, UserStateChangedEvent

from agent.conversation.state import GreetingState
from agent.core.events import SpeechRecognised, TextReceived, TraineeTyping
from agent.room.trainee import Trainee

_PAUSE_S: Final = 0.3
"""A pause this long means that the speaker has finished."""
_STEP_S: Final = 0.02
_WORDS_EVERY_S: Final = 2.5
"""The trainee counts as speaking if there is sound, and words were recognised this recently."""
_TYPING_S: Final = 5.0
"""The trainee counts as typing for this long after the page reported it; it reports every 2 s."""


class Activity:
    def __init__(self, session: AgentSession[GreetingState], trainee: Trainee) -> None:
        self._trainee = trainee
        self._agent_busy = False
        self._sound = False
        self._words_at = -_WORDS_EVERY_S
        self._typing_at = -_TYPING_S
        self._quiet_since = time.monotonic()
        self._changed = asyncio.Event()
        self.trainee_turns = 0
        """Grows with every recognised speech and every typed line; noise does not count."""
        session.on("agent_state_changed", self._on_agent_state)
        session.on("user_state_changed", self._on_trainee_state)
        events = session.userdata.events
        events.on(SpeechRecognised, self._on_words)
        events.on(TextReceived, self._on_text)
        events.on(TraineeTyping, self._on_typing)

    @property
    def quiet_s(self) -> float:
        """Seconds of silence so far; 0 while someone speaks or types, or the trainee is away."""
        speaking = self._agent_busy or self._is_speaking or self._is_typing
        if speaking or self._trainee.absent.is_set():
            self._quiet_since = time.monotonic()
        return time.monotonic() - self._quiet_since

    async def wait_for_change(self, timeout_s: float) -> None:
        self._changed.clear()
        try:
            async with asyncio.timeout(max(timeout_s, _STEP_S)):
                await self._changed.wait()
        except TimeoutError:
            pass

    async def wait_for_pause(self, timeout_s: float) -> None:
        """Wait for a short pause in the conversation, at most `timeout_s`."""
        until = time.monotonic() + timeout_s
        while self.quiet_s < _PAUSE_S and (left_s := until - time.monotonic()) > 0:
            await self.wait_for_change(min(_PAUSE_S, left_s))

    def _on_agent_state(self, event: AgentStateChangedEvent) -> None:
        self._agent_busy = event.new_state in ("speaking", "thinking")
        self._note()

    @property
    def _is_speaking(self) -> bool:
        return self._sound and time.monotonic() - self._words_at < _WORDS_EVERY_S

    @property
    def _is_typing(self) -> bool:
        return time.monotonic() - self._typing_at < _TYPING_S

    def _on_trainee_state(self, event: UserStateChangedEvent) -> None:
        # Sound alone may be noise, and does not break the silence.
        self._sound = event.new_state == "speaking"

    def _on_words(self, _: SpeechRecognised) -> None:
        self._words_at = time.monotonic()
        self._note_turn()

    def _on_text(self, _: TextReceived) -> None:
        self._typing_at = -_TYPING_S
        self._note_turn()

    def _on_typing(self, _: TraineeTyping) -> None:
        # A draft breaks the silence, but is not a turn: the check-in may still be said once later.
        self._typing_at = time.monotonic()
        self._note()

    def _note_turn(self) -> None:
        self.trainee_turns += 1
        self._note()

    def _note(self) -> None:
        self._quiet_since = time.monotonic()
        self._changed.set()
