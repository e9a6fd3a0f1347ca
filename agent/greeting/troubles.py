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

from agent.conversation.conversation import Conversation
from agent.core.log import logger
from agent.core.provider_advice import PROVIDER_ADVICE
from agent.greeting.outcome_recorder import OutcomeRecorder
from agent.speech.speech import ProviderError

_EVERY_S = 8.0
"""A failing provider is logged, and a lost answer apologised for, not more often than this."""
_NO_COUGH_S = 1.0
"""Of speech: somebody has said something."""


class Troubles:
    """Listens for one conversation's failures from the moment it is made."""

    def __init__(
        self, conversation: Conversation, keeper: OutcomeRecorder, on_speechless: Callable[[], None]
    ) -> None:
        """Args: `on_speechless` is called when no voice is to be had."""
        self._on_speechless = on_speechless
        self._conversation = conversation
        self._keeper = keeper
        self._done_at: dict[str, float] = {}
        self._unheard = 0
        """How often in a row speech came to nothing."""
        conversation.session.on("error", self._on_error)
        conversation.session.on("user_transcription_timeout", self._on_unheard)
        conversation.session.on("user_input_transcribed", self._on_heard)

    def on_failure(self, error: ProviderError) -> None:
        """One model or one voice failed; another may have answered in its place."""
        if not error.recoverable:
            self._note("llm" if isinstance(error, LLMError) else "tts", error.label, error.error)

    def _on_error(self, event: ErrorEvent) -> None:
        """Nobody is left to answer, to speak or to hear: the trainee is not left without a word."""
        error = event.error
        if isinstance(error, STTError):
            # Also while it is tried again: until then nobody is heard.
            self._note("stt", error.label, error.error)
        elif getattr(error, "recoverable", False):
            return
        elif isinstance(error, LLMError):
            if self._is_time("apology"):
                self._conversation.session.say(self._conversation.script.trouble)
        elif isinstance(error, TTSError):
            self._on_speechless()

    def _note(self, part: str, provider: str, cause: Exception) -> None:
        """For the operator and for the outcome."""
        status = getattr(cause, "status_code", None)
        # livekit-agents has -1 for 'no answer at all'.
        status = None if status == -1 else status
        self._keeper.fault(part, type(cause).__name__, status, source=provider)
        if self._is_time(provider):
            logger.warning(
                "a provider failed: %s",
                PROVIDER_ADVICE.get(status or 0, "it goes on with the next one, if there is one"),
                extra={"provider": provider, "error": type(cause).__name__, "status": status},
            )

    def _is_time(self, what: str) -> bool:
        """False where the same was done a moment ago."""
        now = time.monotonic()
        if now - self._done_at.get(what, -_EVERY_S) < _EVERY_S:
            return False
        self._done_at[what] = now
        return True

    def _on_heard(self, event: UserInputTranscribedEvent) -> None:
        if event.transcript.strip():
            self._unheard = 0

    def _on_unheard(self, event: UserTranscriptionTimeoutEvent) -> None:
        """Somebody spoke, and no word of it arrived: fresh ears, and a word of ours.

        Something short may have been a cough, once.
        """
        self._unheard += 1
        self._keeper.fault("stt", "Unheard")
        logger.warning("speech was not recognised: listening anew", extra={"times": self._unheard})
        self._conversation.listen_anew()
        surely = event.speech_duration >= _NO_COUGH_S or self._unheard % 2 == 0
        if surely and self._conversation.session.agent_state == "listening":
            self._conversation.session.say(self._conversation.script.trouble)
