"""Metrics of the worker and its jobs; docs/metrics.md describes each one.

Labels have few values and contain no ids of trainees or sessions.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from agent.telemetry.metric_files import use_shared_files

use_shared_files()

GREETINGS = Counter(
    "training_greeter_greetings",
    "Greetings that ended, by last mode (avatar, voice, text or none) and end reason.",
    ["mode", "ending"],
)
FIRST_WORD = Histogram(
    "training_greeter_first_word_seconds",
    "Time to the agent's first sound, since the trainee joined, could hear, or was asked for.",
    ["since"],
    buckets=(0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 20, 45),
)
START_PART = Histogram(
    "training_greeter_start_part_seconds",
    "Duration of each part of the start of a greeting; parts overlap.",
    ["part"],
    buckets=(0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 20, 45),
)
REPLY_GAP = Histogram(
    "training_greeter_reply_gap_seconds",
    "Time from the end of a spoken or typed question to the first sound of the answer.",
    ["asked"],
    buckets=(0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 10, 20),
)
AVATAR_JOIN = Histogram(
    "training_greeter_avatar_join_seconds",
    "Time from the request for an avatar to the avatar joining the room.",
    buckets=(0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 12, 20, 45),
)
AVATAR_SECONDS = Counter(
    "training_greeter_avatar_seconds", "Time that avatars were in rooms, which is billed."
)
PROVIDER_ERRORS = Counter(
    "training_greeter_provider_errors",
    "Errors of providers, by provider, part, kind, and HTTP status if there is one.",
    ["provider", "part", "kind", "status"],
)
JOBS = Gauge(
    "training_greeter_jobs",
    "Running greetings, and free places up to MAX_JOBS.",
    ["state"],
    multiprocess_mode="mostrecent",
)
WORKER_REGISTERED = Gauge(
    "training_greeter_worker_registered",
    "1 while LiveKit can dispatch jobs to this worker.",
    multiprocess_mode="mostrecent",
)
WORKER_DRAINING = Gauge(
    "training_greeter_worker_draining",
    "1 while this worker lets its greetings finish and takes no new ones.",
    multiprocess_mode="mostrecent",
)
JOBS_REFUSED = Counter(
    "training_greeter_jobs_refused", "Jobs rejected because MAX_JOBS greetings were running."
)
