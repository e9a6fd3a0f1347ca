"""Logs when the event loop of the worker or of a job is blocked.

Processes that wait for a job are not watched. livekit-agents would wake two threads of each process
50 times a second. That takes 1 % of a core, also in each of the up to 16 processes that wait.
"""

from __future__ import annotations

import asyncio
import os
from typing import Final

from livekit.agents.telemetry import loop_monitor

_SWITCHED_OFF_MS: Final = "0.0"
"""Differs from "0", with which an operator switches the monitor off in jobs, too."""
_THRESHOLDS: Final = loop_monitor.LoopMonitorThresholds(warn=0.25, error=0.5)
"""In seconds. A threshold of 0.25 s needs 20 wake-ups a second, one of 0.1 s needs 50."""


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
