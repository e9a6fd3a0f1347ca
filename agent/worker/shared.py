"""What every job needs and is expensive to build: once for all job processes.

On Linux, job processes are forked from one that has imported `agent.worker.preload`, and share its
memory. Elsewhere each job process builds its own before its job comes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache

from livekit.agents.tokenize.basic import hyphenate_word

from agent.core.job_metadata import JobMetadata
from agent.core.livekit_internals import load_tls_certificates
from agent.core.settings import WorkerSettings
from agent.scripts import script_for
from agent.speech.models import FallbackModels, build_llm
from agent.speech.synthesis import build_tts


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
    hyphenate_word("training")  # builds the table with which captions are timed
    return found
