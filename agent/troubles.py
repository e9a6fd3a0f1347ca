"""Troubles: what is done when a provider fails in the middle of a conversation.

A failure is named to the operator and noted in the outcome, and a trainee whose answer was lost
hears an apology. The avatar's failures are `Speaker`'s.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from livekit.agents import ErrorEvent, UserInputTranscribedEvent
from livekit.agents.llm import LLMError
from livekit.agents.stt import STTError
from livekit.agents.tts import TTSError
from livekit.agents.voice.events import UserTranscriptionTimeoutEvent

from agent.conversation import Conversation
from agent.log import logger
from agent.outcomes.keeper import Keeper

_EVERY_S = 8.0
"""A failing provider is logged, and a lost answer apologised for, not more often than this."""


class Troubles:
    """Listens for one conversation's failures from the moment it is made."""

    def __init__(
        self, conversation: Conversation, keeper: Keeper, on_speechless: Callable[[], None]
    ) -> None:
        """Args: `on_speechless` is called when no voice is to be had."""
        self._on_speechless = on_speechless
        self._conversation = conversation
        self._keeper = keeper
        self._failed_at: dict[str, float] = {}
        self._unheard = 0
        """How often in a row speech came to nothing."""
        conversation.session.on("error", self._on_error)
        conversation.session.on("user_transcription_timeout", self._on_unheard)
        conversation.session.on("user_input_transcribed", self._on_heard)

    def _on_error(self, event: ErrorEvent) -> None:
        """A provider failed for good this time: the trainee is not left without an answer."""
        error = event.error
        if getattr(error, "recoverable", False):
            return
        cause = getattr(error, "error", error)
        provider = str(getattr(error, "label", type(event.source).__module__))
        status = getattr(cause, "status_code", None)
        # livekit-agents has -1 for 'no answer at all'.
        self._keeper.fault(_part_of(error), type(cause).__name__, status if status != -1 else None)
        if isinstance(error, TTSError):
            self._on_speechless()
        now = time.monotonic()
        if now - self._failed_at.get(provider, 0.0) < _EVERY_S:
            return
        self._failed_at[provider] = now
        logger.warning(
            "a provider failed",
            extra={"provider": provider, "error": type(cause).__name__, "status": status},
        )
        if isinstance(error, LLMError):
            self._conversation.session.say(self._conversation.script.trouble)

    def _on_heard(self, event: UserInputTranscribedEvent) -> None:
        if event.transcript.strip():
            self._unheard = 0

    def _on_unheard(self, _: UserTranscriptionTimeoutEvent) -> None:
        """Somebody spoke, and no word of it arrived: fresh ears, and the second time a word.

        Once may have been a cough.
        """
        self._unheard += 1
        self._keeper.fault("stt", "Unheard")
        logger.warning("speech was not recognised: listening anew", extra={"times": self._unheard})
        self._conversation.listen_anew()
        if self._unheard % 2 == 0 and self._conversation.session.agent_state == "listening":
            self._conversation.session.say(self._conversation.script.trouble)


def _part_of(error: object) -> str:
    if isinstance(error, LLMError):
        return "llm"
    if isinstance(error, STTError):
        return "stt"
    return "tts" if isinstance(error, TTSError) else "llm"
