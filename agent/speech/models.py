"""Builds the models of a conversation. Clients are created now and connect later."""

from __future__ import annotations

from typing import Any, Final

from livekit.agents import APIConnectOptions, llm
from livekit.plugins import google

from agent.core.settings import LlmSettings

_LLM_ATTEMPT_S: Final = 4.5
"""Limit for one model's reply. The plugin applies it to the whole reply, not to its first word."""
LLM_CONNECT_OPTIONS: Final = APIConnectOptions(
    max_retry=0, retry_interval=0.5, timeout=_LLM_ATTEMPT_S
)


class FallbackModels(llm.FallbackAdapter):
    """A model, and others if it fails; each attempt has a time limit."""

    def __init__(self, models: list[llm.LLM[Any]]) -> None:
        # The next model starts a broken reply over: see `GreetingAgent.llm_node`.
        super().__init__(models, attempt_timeout=_LLM_ATTEMPT_S, retry_on_chunk_sent=True)
        self.models = models
        """Each model emits its own `error` event; the adapter does not forward it."""


def build_llm(settings: LlmSettings) -> FallbackModels:
    """Build Gemini with a second Gemini model behind it.

    The client reads GOOGLE_GEMINI_BASE_URL itself. Building it takes about 60 ms (it loads the
    certificates twice), so the worker builds it before a job comes.
    """
    first, second = settings.gemini_model, settings.gemini_fallback_model
    models = [first, *([second] if second not in ("", first) else [])]
    return FallbackModels([_build_gemini(settings, model) for model in models])


def _build_gemini(settings: LlmSettings, model: str) -> google.LLM:
    """Build one model with thinking off, because the trainee waits for the first word."""
    # Gemini 3 takes a level and Gemini 2.5 a budget; each refuses the other's parameter.
    thinking = {"thinking_budget": 0} if "gemini-2" in model else {"thinking_level": "minimal"}
    return google.LLM(
        model=model,
        api_key=settings.google_api_key.get_secret_value(),
        thinking_config=thinking,  # type: ignore[arg-type]
        max_output_tokens=400,
    )
