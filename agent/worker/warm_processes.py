"""Keeps job processes ready for the next jobs.

livekit-agents replaces a process as soon as a job takes it. During a burst of starts, that delays
the first word for the trainees who wait. This module replaces the processes after the burst, one
after another.
"""

from __future__ import annotations

import asyncio
import math
import time
from typing import Final

from agent.core.livekit_internals.worker import ObservableAgentServer

_QUIET_S: Final = 4.0
"""A burst is over if no job was accepted for this long."""
_RESERVE: Final = 2
"""Processes that are kept ready even during a burst."""
_STEP_S: Final = 0.3
"""Time between two replacements."""


def wanted_processes(*, idle: int, free: int, keep: int, since_job_s: float) -> int:
    """Return how many idle processes to have now.

    Args:
        idle: processes that are ready or starting.
        free: jobs that may still be accepted.
        keep: how many to have when no burst is going on.
        since_job_s: seconds since the last job was accepted.
    """
    wanted = min(keep, free)
    return min(wanted, _RESERVE if since_job_s < _QUIET_S else idle + 1)


class WarmProcesses:
    """Sets the number of idle processes of a running worker.

    Args:
        keep: how many to have when no burst is going on.
    """

    def __init__(self, server: ObservableAgentServer, *, max_jobs: int, keep: int) -> None:
        self._server = server
        self._max_jobs = max_jobs
        self._keep = keep
        self._last_job_at = -math.inf

    def expect_job(self) -> None:
        """Note that a job was accepted, which postpones replacements."""
        self._last_job_at = time.monotonic()
        self._update()

    async def run(self) -> None:
        """Replace processes until cancelled."""
        while True:
            self._update()
            await asyncio.sleep(_STEP_S)

    def _update(self) -> None:
        free = 0 if self._server.draining else self._max_jobs - len(self._server.active_jobs)
        self._server.keep_idle_processes(
            wanted_processes(
                idle=self._server.idle_processes,
                free=max(free, 0),
                keep=self._keep,
                since_job_s=time.monotonic() - self._last_job_at,
            )
        )
