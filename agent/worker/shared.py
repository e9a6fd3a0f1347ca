"""Builds once, for all job processes, what every job needs and is slow to build.

On Linux, job processes are forked from one that has imported `agent.worker.preload`, and share its
memory. Elsewhere each job process builds its own when it starts.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Final

from google.genai import types
from livekit import api
from livekit.agents.llm import ChatMessage
from livekit.agents.tokenize.basic import hyphenate_word

from agent.core.job_metadata import JobMetadata
from agent.core.livekit_internals.worker import load_tls_certificates
from agent.core.settings import WorkerSettings
from agent.scripts import script_for
from agent.speech.models import FallbackModels, build_llm
from agent.speech.synthesis import build_tts

_ANY_SECRET: Final = "placeholder for a token that is discarded"
_LAZY_TYPES: Final = (
    # The requests to Gemini, the answers, and what they contain: each is built on its own.
    types.Candidate,
    types.Content,
    types.FunctionCall,
    types.FunctionCallingConfig,
    types.FunctionDeclaration,
    types.FunctionResponse,
    types.GenerateContentConfig,
    types.GenerateContentResponse,
    types.GenerateContentResponseUsageMetadata,
    types.HttpResponse,
    types.ListModelsConfig,
    types.ListModelsResponse,
    types.Model,
    types.Part,
    types.ThinkingConfig,
    types.Tool,
    types.ToolConfig,
    types.UserContent,
    ChatMessage,
)
"""Types that Pydantic builds when they are first used, 25 ms of CPU time in all."""


@dataclass(frozen=True)
class Shared:
    """Settings and clients of a job. Nothing here has a thread, a connection or an event loop."""

    settings: WorkerSettings
    llm: FallbackModels


@cache
def shared() -> Shared:
    """Build everything, from the environment.

    Raises:
        ConfigError: a setting is missing or cannot be used.
    """
    settings = WorkerSettings.from_env(os.environ)
    load_tls_certificates()
    found = Shared(settings, build_llm(settings))
    if settings.fallback_voice:
        build_tts(settings, settings.fallback_voice)  # its clients are cached for the job
    script_for(JobMetadata())  # reads the whole library
    _warm_up_libraries()
    return found


def _warm_up_libraries() -> None:
    """Let libraries build what they build on first use, which takes 0.1 s of CPU time in all."""
    hyphenate_word("training")  # builds the table for timing captions
    for model in _LAZY_TYPES:
        model.model_rebuild()  # does nothing if it is complete
    token = api.AccessToken("key", _ANY_SECRET).with_identity("agent")
    api.TokenVerifier("key", _ANY_SECRET).verify(token.with_grants(api.VideoGrants()).to_jwt())
