"""Failures of speech recognition, models and voices, as events and in the log."""

from __future__ import annotations

import time
from typing import Any, Final, cast

from livekit.agents.llm import LLMError
from livekit.agents.stt import STTError
from livekit.agents.tts import TTSError

from agent.core.events import Events, Part, ProviderFailed
from agent.core.log import logger
from agent.core.provider_advice import PROVIDER_ADVICE

ProviderError = LLMError | STTError | TTSError
_HTTP: Final = range(100, 600)
_EVERY_S: Final = 8.0
"""A failing model or voice is logged at most this often."""
_DEFAULT_ADVICE: Final = "check the provider's status page, and the network and CPU of this machine"


def provider_failed(error: ProviderError, source: Any) -> ProviderFailed:
    """Describe an error of a model, a voice or a recogniser (`source`)."""
    part = cast(Part, error.type.removesuffix("_error"))  # "llm_error", "stt_error", "tts_error"
    return describe_failure(
        part, error.error, "deepgram" if source.provider == "Deepgram" else "google", source.model
    )


def describe_failure(part: Part, error: Exception, provider: str, model: str) -> ProviderFailed:
    status = getattr(error, "status_code", None)
    return ProviderFailed(
        part=part,
        error=type(error).__name__,
        # It may be -1 (no answer at all) or the code with which a WebSocket was closed.
        status=status if status in _HTTP else None,
        provider=provider,
        model=model,
        text=str(error),
    )


def report_failures(provider: Any, events: Events) -> None:
    """Emit `ProviderFailed` for each failure of a model or a voice that is not retried."""

    def on_error(error: ProviderError) -> None:
        if not error.recoverable:
            events.emit(provider_failed(error, provider))

    provider.on("error", on_error)


def log_failures(events: Events) -> None:
    """Log each failure of a model, voice or recogniser; failures of the avatar have own lines."""
    logged_at: dict[tuple[str, str], float] = {}

    def on_failed(event: ProviderFailed) -> None:
        now, which = time.monotonic(), (event.part, event.model)
        if not event.provider or now - logged_at.get(which, -_EVERY_S) < _EVERY_S:
            return
        logged_at[which] = now
        what = f"answered {event.status}" if event.status else f"failed ({event.error})"
        advice = PROVIDER_ADVICE.get(event.status or 0, _DEFAULT_ADVICE)
        logger.warning(
            "a provider failed; see the error for what to check",
            extra={
                "event": "provider_failed",
                "part": event.part,
                "provider": event.provider,
                "model": event.model,
                "status": event.status,
                # The same text for the same failure: the runbook counts equal lines.
                "error": f"{event.model} {what}: {advice}",
                "provider_answer": event.text,
            },
        )

    events.on(ProviderFailed, on_failed)
