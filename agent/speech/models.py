"""Builds the models of a conversation. Clients are created now and connect later."""

from __future__ import annotations

from typing import Any, Final

from livekit.agents import APIConnectOptions, llm

from agent.core.livekit_internals.fallback import FallbackLLM
from agent.core.settings import LlmSettings
from agent.speech.gemini_model import CHUNK_TIMEOUT_S, GeminiModel
from agent.speech.google_access import google_access

LLM_CONNECT_OPTIONS: Final = APIConnectOptions(
    max_retry=0, retry_interval=0.5, timeout=CHUNK_TIMEOUT_S
)


class FallbackModels(FallbackLLM):
    def __init__(self, models: list[llm.LLM[Any]]) -> None:
        # The next model starts a broken reply over: see `GreetingAgent.llm_node`.
        super().__init__(models, retry_on_chunk_sent=True)
        self.models = models
        """Each model emits its own `error` event; the adapter does not forward it."""


def build_llm(settings: LlmSettings) -> FallbackModels:
    """Build Gemini with a second Gemini model behind it.

    Google's client reads GOOGLE_GEMINI_BASE_URL or GOOGLE_VERTEX_BASE_URL. Building it takes
    60 ms (it loads the certificates twice), so the worker builds it before it accepts jobs.
    """
    models = dict.fromkeys(filter(None, (settings.gemini_model, settings.gemini_fallback_model)))
    access = google_access(settings)
    return FallbackModels([GeminiModel(model=model, access=access) for model in models])
