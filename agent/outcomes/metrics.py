"""Metrics of the delivery. Worker and token endpoint both run it, and both expose these."""

from __future__ import annotations

from prometheus_client import Counter

from agent.telemetry.metric_files import use_shared_files

use_shared_files()

POSTS = Counter(
    "training_greeter_outcome_posts",
    "Attempts to send an outcome, by result: delivered, failed (will be retried) or unreadable.",
    ["result"],
)
EXPIRED = Counter(
    "training_greeter_outcomes_lost",
    "Greetings whose worker was lost. Their outcomes were closed with what was saved.",
)
