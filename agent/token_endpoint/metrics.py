"""The endpoint's metrics: what an operator watches, counted where it happens.

Labels have few values and name no person and no session; docs/operations.md explains each metric.
They are served at a port of their own: the endpoint's is open to the trainees' internet.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from agent.core.errors import TrainingGreeterError
from agent.core.log import logger

REQUESTS = Counter(
    "training_greeter_endpoint_requests",
    "Requests by what was asked for (start, end, other) and what came of it.",
    ["route", "outcome"],
)
REQUEST_TIME = Histogram(
    "training_greeter_endpoint_request_seconds",
    "How long requests took, LiveKit's part included.",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10),
)
STARTED = Counter(
    "training_greeter_endpoint_greetings_started", "Greetings that were sent for; not repetitions."
)
ENDED = Counter(
    "training_greeter_endpoint_greetings_ended",
    "Ends reported or ordered: for good, or broken off, which may be greeted again.",
    ["by", "how"],
)
DISPATCHES_REPEATED = Counter(
    "training_greeter_endpoint_dispatches_repeated",
    "Greeters sent for again: none came (no_show), or the one that came was lost.",
    ["why"],
)
AVATARS_REAPED = Counter(
    "training_greeter_endpoint_avatars_reaped",
    "Paid avatars ended by the endpoint: left behind, come back, or without a trainee.",
    ["why"],
)
LIVEKIT_ERRORS = Counter(
    "training_greeter_endpoint_livekit_errors",
    "Calls of LiveKit's API that failed, by its status (none: not reached in time).",
    ["call", "status"],
)
REACHABLE = Gauge(
    "training_greeter_endpoint_reachable",
    "1 while the store, or LiveKit, has answered lately; what /readyz goes by.",
    ["what"],
)
OUTCOMES_PENDING = Gauge(
    "training_greeter_endpoint_outcomes_pending", "Outcomes that wait for their delivery."
)
AVATAR_SECONDS_TODAY = Gauge(
    "training_greeter_endpoint_avatar_seconds_today", "Avatars' seconds in this UTC day's ledger."
)
AVATAR_BUDGET_LEFT = Gauge(
    "training_greeter_endpoint_avatar_budget_left_seconds",
    "What AVATAR_MINUTES_PER_DAY leaves for today; +Inf without a budget.",
)


def serve_metrics(host: str, port: int) -> None:
    """Answer Prometheus at this port, in a thread, until the process ends.

    Raises:
        TrainingGreeterError: the port is taken, or no address to listen on.
    """
    try:
        server, _ = start_http_server(port, host)
    except (OSError, OverflowError) as e:
        raise TrainingGreeterError(
            f"metrics cannot be served on {host}:{port}: {e}. Set ENDPOINT_METRICS_PORT to another"
        ) from e
    logger.info("metrics at http://%s:%d/metrics", host, server.server_port)
