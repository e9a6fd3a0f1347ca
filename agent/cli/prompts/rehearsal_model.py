"""The model of `prompts rehearse`: the configured one, or the demo's stand-in without a key."""

from __future__ import annotations

import importlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from livekit.agents import llm

from agent.core.errors import ScriptError
from agent.core.settings import LlmSettings
from agent.speech.models import build_llm

_BASE_URL: Final = "GOOGLE_GEMINI_BASE_URL"


@asynccontextmanager
async def rehearsal_model() -> AsyncIterator[tuple[llm.LLM[Any], bool]]:
    """Yield the configured model, or the demo's stand-in; and whether it is the stand-in.

    Raises:
        ConfigError: a setting of the model is wrong.
        ScriptError: there is no key, and the demo is not installed.
    """
    if os.environ.get("GOOGLE_API_KEY") or os.environ.get("GOOGLE_GENAI_USE_VERTEXAI"):
        yield build_llm(LlmSettings.from_env(os.environ)), False
        return
    try:
        # By name: the demo is a layer above this one, and its extra may not be installed.
        gemini: Any = importlib.import_module("agent.demo.providers.gemini.api")
    except ImportError as e:
        raise ScriptError(
            "no model here: set GOOGLE_API_KEY, or run it with `uv run --extra demo`"
        ) from e
    before = os.environ.get(_BASE_URL)
    async with gemini.serve_gemini() as url:
        os.environ[_BASE_URL] = url  # Google's client reads it
        try:
            yield build_llm(LlmSettings.from_env({"GOOGLE_API_KEY": "stand-in"})), True
        finally:
            del os.environ[_BASE_URL]
            if before is not None:
                os.environ[_BASE_URL] = before
