"""Count ended greetings in the store, so that the token endpoint can expose the counts.

The metrics of the worker are not enough: on LiveKit Cloud nothing can scrape them, and a job that
dies reports nothing. The store adds up what all workers report, so every endpoint replica exposes
the same totals.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from agent.core.end_reasons import counted_as
from agent.core.errors import StoreError
from agent.core.log import logger
from agent.outcomes.outcome import Outcome, Recorded
from agent.store import Store
from agent.telemetry.shared_metrics import STORE_ERRORS

MODES: Final = ("avatar", "voice", "text", "none")
RECORDING_RESULTS: Final = (
    "kept",
    "kept_on_disk",
    "cut_short",
    "failed",
    "withdrawn",
    "not_deleted",
)
COUNT_LABELS: Final[dict[str, tuple[str, ...]]] = {
    "greetings": ("mode", "ending"),
    "first_words": ("late",),
    "faults": ("part", "status"),
    "recordings": ("result",),
    "disclosures": ("heard",),
    "bill": ("result",),
}
"""The counts and their labels. In the store, a count is named `greetings|avatar|continue`."""
_LATE_S: Final = 8.0
"""A first word after this time is late: AVATAR_DEADLINE_S (6 s) and 2 s for the voice."""


async def count_outcome(store: Store, body: str) -> None:
    """Add one closed outcome to the counts. A failure is logged, never raised.

    Args:
        body: the outcome as JSON; one that cannot be read is not counted.
    """
    try:
        await store.add_counts(counts_of(Outcome.model_validate_json(body)))
    except (StoreError, ValueError) as e:
        STORE_ERRORS.labels("count_outcome").inc()
        logger.warning(
            "an outcome is missing from the endpoint's counts; check REDIS_URL or STATE_DIR",
            extra={"event": "outcome_not_counted", "error": type(e).__name__},
        )


def counts_of(outcome: Outcome) -> dict[str, float]:
    """Return what an outcome adds to each count. Names are fields joined with `|`."""
    counts: Counter[str] = Counter()
    ending = counted_as(outcome.ended.reason if outcome.ended else "other")
    counts[f"greetings|{outcome.mode or 'none'}|{ending}"] += 1
    first_word_s = outcome.timeline.first_word_s() if outcome.timeline else None
    if first_word_s is not None:
        counts[f"first_words|{'true' if first_word_s > _LATE_S else 'false'}"] += 1
    if outcome.opened_at is not None and outcome.disclosure is not None:
        heard = outcome.disclosure.ai.heard_to_end
        counts[f"disclosures|{'true' if heard else 'false'}"] += 1
    for fault in outcome.faults:
        counts[f"faults|{fault.part}|{fault.status or ''}"] += fault.count
    if outcome.recording is not None:
        counts[f"recordings|{_recording_result(outcome.recording)}"] += 1
    return {name: float(value) for name, value in counts.items()}


def _recording_result(recording: Recorded) -> str:
    if recording.status == "withdrawn":
        return "not_deleted" if recording.error else "withdrawn"
    if recording.status == "kept":
        # With a bucket, an error means that the file waits on the worker's disk.
        return "kept_on_disk" if recording.error else "kept"
    return "cut_short" if recording.status == "cut_short" else "failed"
