"""The resources that a process holds, read from Linux' /proc."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Footprint:
    """One process at one moment."""

    handles: int
    """Open files and sockets."""
    threads: int
    memory_mb: float
    """PSS: shared memory counts by this process's share."""
    children: int

    @classmethod
    def of(cls, pid: int) -> Footprint:
        proc = Path(f"/proc/{pid}")
        pss_kb = re.search(r"^Pss:\s+(\d+)", (proc / "smaps_rollup").read_text(), re.MULTILINE)
        assert pss_kb
        return cls(
            handles=len(list((proc / "fd").iterdir())),
            threads=len(list((proc / "task").iterdir())),
            memory_mb=round(int(pss_kb[1]) / 1024, 1),
            children=len(children_of(pid)),
        )

    def __str__(self) -> str:
        return (
            f"{self.handles} file handles, {self.threads} threads, {self.memory_mb:g} MB, "
            f"{self.children} child processes"
        )


def children_of(pid: int) -> list[int]:
    """Return the direct children, whichever thread started them."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def is_alive(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
