"""How many job processes are kept ready for jobs to come.

livekit-agents replaces a process at the moment at which a job takes it. During a burst of starts
that CPU time is missing where trainees wait for the first word, so we replace them afterwards, one
after another.
"""

from __future__ import annotations

import asyncio
import math
import time
from typing import Final

from agent.core.livekit_internals import ObservableAgentServer

_QUIET_S: Final = 4.0
"""A burst is over if no job has come for so long."""
_RESERVE: Final = 2
"""Processes that are ready even during a burst, if further jobs may come."""
_STEP_S: Final = 0.3
"""Between two replacements."""


def wanted_processes(*, idle: int, free: int, keep: int, since_job_s: float) -> int:
    """Return how many idle processes to have now.

    Args:
        idle: processes that are ready or starting.
        free: jobs that may still be accepted.
        keep: how many to have when all is quiet.
        since_job_s: seconds since the last job was accepted.
    """
    wanted = min(keep, free)
    return min(wanted, _RESERVE if since_job_s < _QUIET_S else idle + 1)


class WarmProcesses:
    """Sets the number of idle processes of a worker that runs.

    Args:
        keep: how many to have when all is quiet.
    """

    def __init__(self, server: ObservableAgentServer, *, max_jobs: int, keep: int) -> None:
        self._server = server
        self._max_jobs = max_jobs
        self._keep = keep
        self._last_job_at = -math.inf

    def expect_job(self) -> None:
        """Start no replacement for a while: a job was accepted."""
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
