"""Logs when the event loop of the worker or of a job is blocked.

Processes that wait for a job are not watched. livekit-agents would wake two threads of each process
50 times a second. That takes 1 % of a core, also in each of the up to 16 processes that wait.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Final

from livekit.agents.telemetry import loop_monitor

_SWITCHED_OFF_MS: Final = "0.0"
"""Differs from "0", with which an operator switches the monitor off in jobs, too."""
_THRESHOLDS: Final = loop_monitor.LoopMonitorThresholds(warn=0.25, error=0.5)
"""In seconds. A threshold of 0.25 s needs 20 wake-ups a second, one of 0.1 s needs 50."""
_MESSAGE: Final = (
    "the event loop was blocked. If cpu_time is much lower than duration, this machine has too few "
    "cores for its greetings; otherwise report this, with stack"
)


def switch_off_by_default() -> None:
    """Switch the monitor off in this process and its children, unless the environment sets it."""
    os.environ.setdefault(loop_monitor.ENV_WARN_THRESHOLD_MS, _SWITCHED_OFF_MS)


def watch_event_loop(name: str) -> None:
    """Watch the running event loop, unless the environment sets another threshold.

    Args:
        name: of the process in the log, for example "job".
    """
    if os.environ.get(loop_monitor.ENV_WARN_THRESHOLD_MS) == _SWITCHED_OFF_MS:
        loop_monitor.start_monitoring(asyncio.get_running_loop(), thresholds=_THRESHOLDS, name=name)
    logging.getLogger("livekit.agents").addFilter(_explain_blocked_loop)


def _explain_blocked_loop(record: logging.LogRecord) -> bool:
    """Give the monitor's lines one message: each has another duration and place in its own."""
    if str(record.msg).startswith("event loop blocked for "):
        record.msg, record.args = _MESSAGE, None
        record.event = "event_loop_blocked"
    return True
