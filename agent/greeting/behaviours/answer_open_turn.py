"""Answers a trainee whose turn speech recognition does not end.

Deepgram Flux decides when a turn is over. If it recognises words and then reports nothing more, the
session would wait for the end of the turn, and the trainee for an answer. A microphone that is
switched off, or whose owner has left, sends no sound, so Flux does not end the turn then.
"""

from __future__ import annotations

import asyncio
from typing import Final

from agent.core.events import MicrophoneSwitched, ProviderFailed, SpeechRecognised, TraineeLeft
from agent.core.log import logger
from agent.greeting.greeting import Greeting

_OVER_S: Final = 1.5
"""How long after DEEPGRAM_EOT_TIMEOUT_MS without new words the turn counts as over."""
_NO_SOUND_S: Final = 1.5
"""How long after the last sound of the microphone the turn counts as over: the last words may still
be recognised."""


class AnswerOpenTurn:
    """Waits for the end of the turn, from the latest words or the end of the sound on."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._waiting: asyncio.Task[None] | None = None
        greeting.events.on(SpeechRecognised, lambda _: self._wait_again())
        greeting.events.on(MicrophoneSwitched, self._on_sound_changed)
        greeting.events.on(TraineeLeft, self._on_sound_changed)

    def _on_sound_changed(self, _: MicrophoneSwitched | TraineeLeft) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._wait_again()

    def _wait_again(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = self._greeting.tasks.start(self._wait(), name="answer_open_turn")

    async def _wait(self) -> None:
        trainee = self._greeting.trainee
        no_sound = trainee.is_muted or trainee.absent.is_set()
        eot_timeout_s = self._greeting.settings.deepgram_eot_timeout_ms / 1000
        await asyncio.sleep(_NO_SOUND_S if no_sound else eot_timeout_s + _OVER_S)
        conversation = self._greeting.conversation
        if not (conversation.has_open_turn and conversation.is_listening):
            return
        if not no_sound:
            logger.warning(
                "speech recognition did not end the trainee's turn; answering it now. If this "
                "repeats, set DEEPGRAM_STT_MODEL to nova-3, or check Deepgram's status page",
                extra={"event": "turn_not_ended"},
            )
            self._greeting.events.emit(ProviderFailed("stt", "TurnNotEnded"))
        conversation.answer_open_turn()
