"""The endpoint's Prometheus metrics; docs/operations.md explains each of them.

Labels have few values and never contain a person or a session. The metrics have a port of their
own, because the endpoint's port is open to the internet.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from agent.core.errors import TrainingGreeterError
from agent.core.log import logger

REQUESTS = Counter(
    "training_greeter_endpoint_requests",
    "Requests by route (start, end, other) and outcome.",
    ["route", "outcome"],
)
REQUEST_TIME = Histogram(
    "training_greeter_endpoint_request_seconds",
    "Duration of requests, including the calls to LiveKit.",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10),
)
STARTED = Counter(
    "training_greeter_endpoint_greetings_started",
    "Greetings started; repeated requests do not count.",
)
ENDED = Counter(
    "training_greeter_endpoint_greetings_ended",
    "Greetings ended by request, by the role of the caller.",
    ["by", "how"],
)
DISPATCHES_REPEATED = Counter(
    "training_greeter_endpoint_dispatches_repeated",
    "Repeated dispatches: no worker took the first one (no_show), or the agent was lost.",
    ["why"],
)
AVATARS_REAPED = Counter(
    "training_greeter_endpoint_avatars_reaped",
    "Avatars removed by the endpoint: left_behind, came_back or without_trainee.",
    ["why"],
)
LIVEKIT_ERRORS = Counter(
    "training_greeter_endpoint_livekit_errors",
    "Failed calls to LiveKit's API by HTTP status (none: no answer in time).",
    ["call", "status"],
)
REACHABLE = Gauge(
    "training_greeter_endpoint_reachable",
    "1 if the store or LiveKit has answered in the last 15 s; /readyz uses the same.",
    ["what"],
)
OUTCOMES_PENDING = Gauge(
    "training_greeter_endpoint_outcomes_pending", "Outcomes waiting for delivery."
)
AVATAR_SECONDS_TODAY = Gauge(
    "training_greeter_endpoint_avatar_seconds_today", "Avatar seconds used on this UTC day."
)
AVATAR_BUDGET_LEFT = Gauge(
    "training_greeter_endpoint_avatar_budget_left_seconds",
    "Seconds left of AVATAR_MINUTES_PER_DAY; +Inf without a budget.",
)


def serve_metrics(host: str, port: int) -> None:
    """Serve the metrics in a thread until the process ends.

    Raises:
        TrainingGreeterError: the address cannot be used.
    """
    try:
        server, _ = start_http_server(port, host)
    except (OSError, OverflowError) as e:
        raise TrainingGreeterError(
            f"cannot serve metrics on {host}:{port}: {e}. Set ENDPOINT_METRICS_PORT to a free port"
        ) from e
    url = f"http://{host}:{server.server_port}/metrics"
    logger.info("serving metrics", extra={"event": "metrics_started", "url": url})
