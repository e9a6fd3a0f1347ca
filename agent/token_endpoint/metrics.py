"""The endpoint's Prometheus metrics; docs/metrics.md explains each of them.

Labels have few values and never contain a person or a session. The metrics have a port of their
own, because the endpoint's port is open to the internet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import get_args

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, start_http_server
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from agent.billing.bill import RESULTS
from agent.core.end_reasons import COUNTED
from agent.core.errors import TrainingGreeterError
from agent.core.log import logger
from agent.outcomes.outcome import Fault
from agent.outcomes.tally import COUNT_LABELS, MODES, RECORDING_RESULTS

PARTS: tuple[str, ...] = get_args(Fault.model_fields["part"].annotation)

REQUESTS = Counter(
    "training_greeter_endpoint_requests",
    "Requests by route (start, end, feedback, other) and outcome.",
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
    ["by"],
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
AVATAR_BUDGET = Gauge(
    "training_greeter_endpoint_avatar_budget_seconds",
    "AVATAR_MINUTES_PER_DAY in seconds; +Inf without a budget.",
)
STORE_USED = Gauge(
    "training_greeter_endpoint_store_used_bytes",
    "Memory that Redis uses, or the size of the SQLite file.",
)
STORE_LIMIT = Gauge(
    "training_greeter_endpoint_store_limit_bytes",
    "Redis' maxmemory (without one, the machine's memory), or the room for the SQLite file.",
)


class StoredCounts(Collector):
    """Exposes the counts of `agent.outcomes.tally` from the store.

    Prometheus takes a counter that falls for one that began again at 0, and counts its whole value
    as new: all alerts on it would fire. So nothing is shown before the store was read for the first
    time, and what is shown never falls, even if the store does: a backup was restored, or a Redis
    replica that lacked the last changes took over.

    Known labels are 0 from the start; otherwise Prometheus would miss the first increase.
    """

    def __init__(self, families: Mapping[str, StoredFamily]) -> None:
        self._families = families
        self._read: dict[str, float] = {}
        self._shown: dict[str, float] | None = None

    def update(self, counts: Mapping[str, float]) -> None:
        """Add what the store counted since the last call; the first call shows all of it."""
        shown = {} if self._shown is None else self._shown
        for name, value in counts.items():
            shown[name] = shown.get(name, 0.0) + max(value - self._read.get(name, 0.0), 0.0)
        self._read, self._shown = dict(counts), shown

    def describe(self) -> Iterable[CounterMetricFamily]:
        for key, about in self._families.items():
            yield CounterMetricFamily(about.name, about.help, labels=COUNT_LABELS[key])

    def collect(self) -> Iterable[CounterMetricFamily]:
        for family, (key, about) in zip(self.describe(), self._families.items(), strict=True):
            if self._shown is not None:
                values = dict.fromkeys(about.known, 0.0)
                for name, value in self._shown.items():
                    of, *labels = name.split("|")
                    if of == key and len(labels) == len(COUNT_LABELS[key]):
                        values[tuple(labels)] = value
                for known, value in sorted(values.items()):
                    family.add_metric(known, value)
            yield family


@dataclass(frozen=True, kw_only=True)
class StoredFamily:
    """One counter whose values are in the store."""

    name: str
    help: str
    known: tuple[tuple[str, ...], ...]
    """Values of its labels, which are in COUNT_LABELS."""


STORED_COUNTS = StoredCounts(
    {
        "greetings": StoredFamily(
            name="training_greeter_endpoint_greetings",
            help="Greetings of all workers that ended, by last mode and end reason.",
            known=tuple(product(MODES, sorted(COUNTED))),
        ),
        "first_words": StoredFamily(
            name="training_greeter_endpoint_first_words",
            help="First words, by whether they came later than 8 s after the trainee could hear.",
            known=(("false",), ("true",)),
        ),
        "faults": StoredFamily(
            name="training_greeter_endpoint_faults",
            help="Faults in the outcomes of all workers, by part and HTTP status.",
            known=tuple((part, "") for part in PARTS),
        ),
        "recordings": StoredFamily(
            name="training_greeter_endpoint_recordings",
            help="Recordings of all workers, by what became of them.",
            known=tuple((result,) for result in RECORDING_RESULTS),
        ),
        "bill": StoredFamily(
            name="training_greeter_endpoint_bill_sessions",
            help="Avatar sessions that were compared with Beyond Presence, by result.",
            known=tuple((result,) for result in RESULTS),
        ),
        "disclosures": StoredFamily(
            name="training_greeter_endpoint_disclosures",
            help="Openings of all workers, by whether the AI disclosure was heard to its end.",
            known=(("false",), ("true",)),
        ),
    }
)
REGISTRY.register(STORED_COUNTS)


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
