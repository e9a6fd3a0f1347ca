"""Logs the main steps of a greeting, and failures of its models and voices."""

from __future__ import annotations

import time

from agent.core.events import GreetingEnded, OpeningFinished, OpeningStarted
from agent.core.log import logger
from agent.greeting.greeting import Greeting
from agent.speech.failures import log_failures


class LogObserver:
    """Failures of avatar and store are logged by the modules that know them."""

    def __init__(self, greeting: Greeting) -> None:
        self._state = greeting.state
        greeting.events.on(OpeningStarted, self._on_opening_started)
        greeting.events.on(OpeningFinished, self._on_opening_finished)
        log_failures(greeting.events)
        greeting.events.on(GreetingEnded, self._on_ended)

    def _on_opening_started(self, _: OpeningStarted) -> None:
        script = self._state.script
        logger.info(
            "greeting started",
            extra={
                "event": "greeting_started",
                "script": script.name,
                "script_version": script.version,
                "script_chosen_by": script.reason,
                "industry": script.industry,
                "locale": script.locale,
                "mode": self._state.mode,
                "since_job_start_s": self._since_start_s,
            },
        )

    def _on_opening_finished(self, event: OpeningFinished) -> None:
        logger.info(
            "opening finished",
            extra={"event": "opening_finished", "interrupted": event.interrupted},
        )

    def _on_ended(self, event: GreetingEnded) -> None:
        state = self._state
        logger.info(
            "greeting ended",
            extra={
                "event": "greeting_ended",
                "reason": event.reason,
                "mode": state.mode,
                "mode_reason": state.mode_reason or None,
                "avatar_seconds": round(state.avatar_usage.seconds, 1),
                "avatar_session_id": state.avatar_usage.provider_session_id,
                "duration_s": self._since_start_s,
            },
        )

    @property
    def _since_start_s(self) -> float:
        return round(time.monotonic() - self._state.began_at, 2)
