"""Continues in text if every voice has failed."""

from __future__ import annotations

from agent.core.events import LineLost, NoVoiceLeft
from agent.core.log import logger
from agent.greeting.greeting import Greeting


class FallBackToText:
    """The last mode of the fallback ladder before Continue only; it is final."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        greeting.events.on(NoVoiceLeft, self._on_no_voice_left)

    def _on_no_voice_left(self, _: NoVoiceLeft) -> None:
        state = self._greeting.state
        if state.mode == "text" or state.end_reason is not None:
            return
        logger.error(
            "every voice failed; continuing in text; check DEEPGRAM_API_KEY, VOICES, "
            "FALLBACK_VOICE",
            extra={"event": "no_voice_left"},
        )
        self._greeting.output.use_text("speech_failed")
        # Nothing is spoken any more, and the avatar is charged.
        self._greeting.avatar.dismiss()
        if state.opened_at is not None:
            self._greeting.events.emit(LineLost())
