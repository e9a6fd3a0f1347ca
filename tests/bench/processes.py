"""The CPU time of processes, read from Linux' /proc."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.footprint import children_of

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process so far, with all its threads; 0 if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND


def descendants(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that they have started."""
    found, todo = [], [pid]
    while todo:
        try:
            children = children_of(todo.pop())
        except OSError:
            continue
        found += children
        todo += children
    return found


class Usage:
    """The CPU time that a worker's processes use from now on."""

    def __init__(self, worker: int) -> None:
        self._worker = worker
        self._before = {pid: cpu_s(pid) for pid in [worker, *descendants(worker)]}

    def by_process(self) -> list[float]:
        """Return the seconds of each process, the busiest first; a job if there is one."""
        now = {pid: cpu_s(pid) for pid in [self._worker, *descendants(self._worker)]}
        return sorted((s - self._before.get(pid, 0.0) for pid, s in now.items()), reverse=True)
