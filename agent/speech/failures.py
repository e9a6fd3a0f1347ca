"""Failures of speech recognition, models and voices as events."""

from __future__ import annotations

from typing import Any, cast

from livekit.agents.llm import LLMError
from livekit.agents.stt import STTError
from livekit.agents.tts import TTSError

from agent.core.events import Events, Part, ProviderFailed

ProviderError = LLMError | STTError | TTSError


def provider_failed(error: ProviderError) -> ProviderFailed:
    """Describe a plugin's error without the vendor's text."""
    status = getattr(error.error, "status_code", None)
    return ProviderFailed(
        part=cast(Part, error.type.removesuffix("_error")),  # "llm_error", "stt_error", "tts_error"
        error=type(error.error).__name__,
        # livekit-agents uses -1 for "no answer at all".
        status=None if status == -1 else status,
        provider=error.label,
    )


def report_failures(provider: Any, events: Events) -> None:
    """Emit `ProviderFailed` for each failure of a model or a voice that is not retried."""

    def on_error(error: ProviderError) -> None:
        if not error.recoverable:
            events.emit(provider_failed(error))

    provider.on("error", on_error)
