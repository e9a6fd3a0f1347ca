"""The files in which a worker and its jobs count together.

A job is a process, and prometheus_client's multiprocess mode gives each process files of its own,
by its id, which stay when it ends: a worker would read all jobs it ever had at each scrape. Here a
process takes the lowest number that no living process has, and goes on in the files of whoever had
it before: no count is lost, and there are as many files as there were processes at once.

Nothing in here imports prometheus_client: that decides at its own import whether it shares.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SHARED_DIR: Final = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client's own name for the folder."""

_held: list[tuple[int, int, int]] = []
"""Process, slot and lock (a file descriptor) of each slot taken by this process, or by the one it
was forked from. A lock lasts as long as its file is open somewhere, so none is ever closed."""


@contextlib.contextmanager
def shared_metrics(wanted: bool) -> Iterator[None]:
    """Have this process and its children count together until the block ends.

    It must be entered before prometheus_client, and so livekit.agents, is imported.

    Args:
        wanted: False: nobody asks for the counts, so each process keeps its own.
    """
    if not wanted:
        os.environ.pop(SHARED_DIR, None)
        yield
        return
    with tempfile.TemporaryDirectory(
        prefix="training-greeter-metrics-", ignore_cleanup_errors=True
    ) as folder:
        (Path(folder) / "slots").mkdir()
        os.environ[SHARED_DIR] = folder
        yield


def slot() -> int:
    """The number of this process's files; another one in every living process."""
    pid = os.getpid()
    if not _held or _held[-1][0] != pid:
        _held.append((pid, *_take()))
    return _held[-1][1]


def move_on() -> None:
    """Go on in new files: livekit-agents deletes all there are when a worker begins to serve."""
    _held.append((os.getpid(), *_take()))


def _take() -> tuple[int, int]:
    if sys.platform == "win32":
        # No such locks: files by process, as prometheus_client has them.
        return os.getpid(), -1
    import fcntl

    slots = Path(os.environ[SHARED_DIR]) / "slots"
    for number in itertools.count():
        lock = os.open(slots / str(number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return number, lock
    raise AssertionError("unreachable")
