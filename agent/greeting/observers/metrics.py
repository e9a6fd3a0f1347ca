"""Counts failures, reply times and ended greetings for the worker's metrics."""

from __future__ import annotations

import time
from typing import Final

from livekit.agents import AgentStateChangedEvent, ConversationItemAddedEvent
from livekit.agents.llm import ChatMessage

from agent.core.end_reasons import counted_as
from agent.core.events import GreetingEnded, ProviderFailed, TextReceived
from agent.greeting.greeting import Greeting
from agent.telemetry.metrics import AVATAR_SECONDS, GREETINGS, PROVIDER_ERRORS, REPLY_GAP

_PROVIDERS: Final = {
    "avatar": "beyond_presence",
    "stt": "deepgram",
    "tts": "deepgram",
    "llm": "google",
}
"""The provider of each part, if the event does not name it."""


class MetricsObserver:
    """See docs/metrics.md for the meaning of each metric."""

    def __init__(self, greeting: Greeting) -> None:
        self._state = greeting.state
        self._typed_at: float | None = None
        session = greeting.conversation.session
        session.on("agent_state_changed", self._on_agent_state)
        session.on("conversation_item_added", self._on_item)
        greeting.events.on(TextReceived, self._on_typed)
        greeting.events.on(ProviderFailed, self._on_provider_failed)
        greeting.events.on(GreetingEnded, self._on_ended)

    def _on_typed(self, _: TextReceived) -> None:
        # Text typed before the opening waits for it, so it does not count as a slow reply.
        if self._state.opened_at is not None:
            self._typed_at = time.monotonic()

    def _on_agent_state(self, event: AgentStateChangedEvent) -> None:
        if event.new_state == "speaking" and self._typed_at is not None:
            REPLY_GAP.labels("typed").observe(time.monotonic() - self._typed_at)
            self._typed_at = None

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        message = event.item
        if isinstance(message, ChatMessage) and message.role == "assistant":
            gap_s = message.metrics.get("e2e_latency")
            if gap_s is not None:
                REPLY_GAP.labels("spoken").observe(max(gap_s, 0))

    def _on_provider_failed(self, event: ProviderFailed) -> None:
        provider = event.provider or _PROVIDERS.get(event.part, "none")
        PROVIDER_ERRORS.labels(provider, event.part, event.error, str(event.status or "")).inc()

    def _on_ended(self, event: GreetingEnded) -> None:
        mode = "none" if self._state.opened_at is None else self._state.mode
        GREETINGS.labels(mode, counted_as(event.reason)).inc()
        AVATAR_SECONDS.inc(self._state.avatar_usage.seconds)
