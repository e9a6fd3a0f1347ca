"""The judged model and the judge; both are real."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
from livekit.agents import llm
from livekit.plugins import google

from agent.core.settings import LlmSettings
from agent.speech.models import build_llm
from tests.evals.stage import Played, play

# Read at import, before a fixture removes them from the environment.
_ENVIRONMENT = {name: os.environ[name] for name in LlmSettings.names() if name in os.environ}
_JUDGE = os.environ.get("EVALS_JUDGE_MODEL", "gemini-3.8-flash")
"""A different model than the judged one."""


@pytest.fixture
def environment() -> dict[str, str]:
    if not _ENVIRONMENT.get("GOOGLE_API_KEY"):
        pytest.skip("conversation evals need a real model: set GOOGLE_API_KEY")
    return _ENVIRONMENT


@pytest.fixture
def model(environment: dict[str, str]) -> llm.LLM:
    return build_llm(LlmSettings.from_env(environment))


@pytest.fixture
async def judge(environment: dict[str, str]) -> AsyncIterator[llm.LLM]:
    async with google.LLM(model=_JUDGE, api_key=environment["GOOGLE_API_KEY"]) as judging:
        yield judging


@pytest.fixture
async def ada(model: llm.LLM) -> AsyncIterator[Played]:
    """A conversation with Ada, who starts a forklift training."""
    async with play(model, {"trainee": {"name": "Ada"}, "training_type": "forklift"}) as played:
        yield played
