"""The worker's metrics: what an operator watches, counted where it happens, in jobs too.

Labels have few values and name no person and no session; docs/operations.md explains each metric.
"""

from __future__ import annotations

import os
from typing import Final

from prometheus_client import Counter, Gauge, Histogram, values

from agent.core import end_reasons
from agent.telemetry.metric_files import SHARED_DIR, slot

if SHARED_DIR in os.environ:
    values.ValueClass = values.MultiProcessValue(process_identifier=slot)  # type: ignore[no-untyped-call]

GREETINGS = Counter(
    "training_greeter_greetings",
    "Greetings that ended, by who spoke last (avatar, voice, text, none) and how they ended.",
    ["mode", "ending"],
)
FIRST_WORD = Histogram(
    "training_greeter_first_word_seconds",
    "Time to the first sound of the guide, since the trainee joined or the greeting was asked for.",
    ["since"],
    buckets=(0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 20, 45),
)
REPLY_GAP = Histogram(
    "training_greeter_reply_gap_seconds",
    "From the end of what the trainee said, or typed, to the first sound of the answer.",
    ["asked"],
    buckets=(0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 10, 20),
)
AVATAR_JOIN = Histogram(
    "training_greeter_avatar_join_seconds",
    "From asking Beyond Presence for an avatar to its being in the room.",
    buckets=(0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 12, 20, 45),
)
AVATAR_SECONDS = Counter(
    "training_greeter_avatar_seconds", "How long avatars were in rooms: what is paid for."
)
PROVIDER_ERRORS = Counter(
    "training_greeter_provider_errors",
    "Failures of a provider: who, in which part, of what kind, and the HTTP status if any.",
    ["provider", "part", "kind", "status"],
)
JOBS = Gauge(
    "training_greeter_jobs",
    "Greetings that run now, and how many more MAX_JOBS has room for.",
    ["state"],
    multiprocess_mode="mostrecent",
)
JOBS_REFUSED = Counter(
    "training_greeter_jobs_refused", "Jobs left to another worker because MAX_JOBS were running."
)

_ENDINGS: Final = frozenset(
    value for name, value in vars(end_reasons).items() if name.isupper() and isinstance(value, str)
)
_PROVIDERS: Final = {"avatar": "beyond_presence", "stt": "deepgram", "tts": "deepgram"}


def count_greeting(mode: str | None, reason: str, avatar_seconds: float) -> None:
    """A greeting has ended. A page may give any word as its reason: those are one ending."""
    GREETINGS.labels(mode or "none", reason if reason in _ENDINGS else "other").inc()
    AVATAR_SECONDS.inc(avatar_seconds)


def count_error(part: str, kind: str, status: int | None, *, source: str = "") -> None:
    """Something failed.

    Args:
        part: as `agent.outcomes.record.Fault` has it.
        kind: in one word of ours, or the name of an error's class.
        source: livekit-agents' label of who failed (`livekit.plugins.google.tts.TTS`), if any.
    """
    provider = _PROVIDERS.get(part, "google" if part == "llm" else "none")
    if source.startswith("livekit.plugins."):
        provider = source.split(".")[2]
    PROVIDER_ERRORS.labels(provider, part, kind, str(status or "")).inc()
