"""Metrics that the worker and the token endpoint both expose.

Labels have few values and never contain a trainee or a session.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from agent.telemetry.metric_files import use_shared_files

use_shared_files()

OUTCOME_POSTS = Counter(
    "training_greeter_outcome_posts",
    "Attempts to send an outcome, by result: delivered, failed (will be retried) or unreadable.",
    ["result"],
)
OUTCOMES_LOST = Counter(
    "training_greeter_outcomes_lost",
    "Greetings whose worker was lost. Their outcomes were closed with what was saved.",
)
STORE_ERRORS = Counter(
    "training_greeter_store_errors",
    "Failed uses of the store: opening it, delivery, saving or closing an outcome, reading it.",
    ["during"],
)
DELETION_ERRORS = Counter(
    "training_greeter_deletion_errors",
    "Rounds that could not delete what is older than RETENTION_DAYS: outcomes or recordings.",
    ["what"],
)
DELETION_TIME = Gauge(
    "training_greeter_deletion_success_timestamp_seconds",
    "Unix time of the last round that deleted what is older than RETENTION_DAYS.",
    ["what"],
    multiprocess_mode="mostrecent",
)
# 0 until the first round: an alert fires if that never comes.
DELETION_TIME.labels("outcomes")
SCRIPT_FILES_UNUSABLE = Gauge(
    "training_greeter_script_files_unusable",
    "Files in prompts/ that are left out because they are not valid or cannot be filled.",
    multiprocess_mode="mostrecent",
)
