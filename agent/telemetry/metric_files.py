"""Share metrics between the worker and its jobs, which are processes of their own.

prometheus_client's multiprocess mode writes files named after the process id, and the worker reads
all of them at each scrape. The files of ended processes must stay, because their counts are part of
the totals, and livekit-agents starts a process for each job: the folder would grow with every job
(https://github.com/livekit/agents/issues/7006, https://github.com/prometheus/client_python/issues/204).

Here, a process uses the lowest number that no living process uses, and continues the files of the
process that had the number before it. No count is lost, none is counted twice, and there are as
many files as processes ran at the same time. This module can go when either issue is solved.

It must not import prometheus_client at the top: the library decides at its import whether it uses
files.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that prometheus_client and livekit-agents read."""

_numbers: list[tuple[int, int, int]] = []
"""Process id, file number, and lock (a file descriptor) of each number that this process, or the
process it was forked from, has taken. Locks are not closed: they last as long as the process."""


@contextlib.contextmanager
def shared_metric_files(enabled: bool) -> Iterator[None]:
    """Let this process and its children share their metrics until the block ends.

    Enter it before livekit.agents is imported, which imports prometheus_client.

    Args:
        enabled: False if no metrics are exposed; each process then counts in its own memory.
    """
    if not enabled:
        os.environ.pop(_FOLDER, None)
        yield
        return
    with tempfile.TemporaryDirectory(
        prefix="training-greeter-metrics-", ignore_cleanup_errors=True
    ) as folder:
        os.environ[_FOLDER] = folder
        _locks().mkdir()
        yield


@functools.cache
def use_shared_files() -> None:
    """Make metrics that are created from now on use the shared files, if sharing is enabled.

    `process_identifier` is a documented parameter of prometheus_client 0.26; that `ValueClass` is
    replaced is not. tests/unit/test_metric_files.py fails if it no longer works.
    """
    if _locks().is_dir():
        from prometheus_client import values

        values.ValueClass = values.MultiProcessValue(process_identifier=_file_number)  # type: ignore[no-untyped-call]


def use_new_files() -> None:
    """Continue with new files, if sharing is enabled.

    Call it when the worker has started: AgentServer.run deletes all files in the folder.
    """
    if _locks().is_dir():
        _numbers.append((os.getpid(), *_take_number()))


def _file_number() -> int:
    pid = os.getpid()
    if not _numbers or _numbers[-1][0] != pid:
        _numbers.append((pid, *_take_number()))
    return _numbers[-1][1]


def _locks() -> Path:
    """The folder of the locks; it exists only if `shared_metric_files` made it."""
    return Path(os.environ.get(_FOLDER, os.devnull)) / "locks"


def _take_number() -> tuple[int, int]:
    """Return the lowest free number and its lock; the process id if the system has no flock."""
    if sys.platform == "win32":
        return os.getpid(), -1
    import fcntl

    for number in itertools.count():
        lock = os.open(_locks() / str(number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return number, lock
    raise AssertionError("unreachable")
