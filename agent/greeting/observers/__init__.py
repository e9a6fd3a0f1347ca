"""What records a greeting: outcome, page attributes, metrics, timeline and log.

Observers change nothing about the conversation. `PageObserver` and `OutcomeRecorder` also take part
in the end of the greeting, so `RunningGreeting` passes them to `clean_up`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agent.greeting.greeting import Greeting
from agent.greeting.observers.disclosure_receipt import DisclosureReceipt
from agent.greeting.observers.earlier_lines import EarlierLines
from agent.greeting.observers.log import LogObserver
from agent.greeting.observers.metrics import MetricsObserver
from agent.greeting.observers.start_timeline import StartTimeline

OBSERVERS: Final[tuple[Callable[[Greeting], object], ...]] = (
    StartTimeline,
    DisclosureReceipt,
    EarlierLines,
    MetricsObserver,
    LogObserver,
)
