"""Builds the models of a conversation. Clients are created now and connect later."""

from __future__ import annotations

from typing import Any, Final

from livekit.agents import APIConnectOptions, llm
from livekit.agents.types import NOT_GIVEN, NotGivenOr

from agent.core.livekit_internals import LimitedLLMFallbackStream
from agent.core.settings import LlmSettings
from agent.speech.gemini_model import CHUNK_TIMEOUT_S, GeminiModel
from agent.speech.google_access import google_access
from agent.speech.recovery_probes import RecoveryProbes

LLM_CONNECT_OPTIONS: Final = APIConnectOptions(
    max_retry=0, retry_interval=0.5, timeout=CHUNK_TIMEOUT_S
)


class FallbackModels(llm.FallbackAdapter):
    """A model with fallback models."""

    def __init__(self, models: list[llm.LLM[Any]]) -> None:
        # The next model starts a broken reply over: see `GreetingAgent.llm_node`.
        super().__init__(models, retry_on_chunk_sent=True)
        self.models = models
        """Each model emits its own `error` event; the adapter does not forward it."""
        self._probes = RecoveryProbes()

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = LLM_CONNECT_OPTIONS,
        parallel_tool_calls: NotGivenOr[bool] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        extra_kwargs: NotGivenOr[dict[str, Any]] = NOT_GIVEN,
    ) -> llm.LLMStream:
        return LimitedLLMFallbackStream(
            self._probes.may_try,
            llm=self,
            chat_ctx=chat_ctx,
            tools=tools or [],
            conn_options=conn_options,
            parallel_tool_calls=parallel_tool_calls,
            tool_choice=tool_choice,
            extra_kwargs=extra_kwargs,
        )


def build_llm(settings: LlmSettings) -> FallbackModels:
    """Build Gemini with a second Gemini model behind it.

    Google's client reads GOOGLE_GEMINI_BASE_URL or GOOGLE_VERTEX_BASE_URL. Building it takes
    60 ms (it loads the certificates twice), so the worker builds it before it accepts jobs.
    """
    models = dict.fromkeys(filter(None, (settings.gemini_model, settings.gemini_fallback_model)))
    access = google_access(settings)
    return FallbackModels([GeminiModel(model=model, access=access) for model in models])
