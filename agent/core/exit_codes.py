"""Lets several threads ask for the exit code of the same process.

A thread waits for the end of each process: of a job in livekit-agents, of an avatar in the demo.
Python asks every process for its exit code too, whenever another process starts. If both notice the
same end, one of them finds nothing to read, and the process seems to have crashed with exit code
255 (https://github.com/python/cpython/issues/130895, not fixed in Python 3.11 to 3.13).
"""

from __future__ import annotations

import os
import sys
import threading
from multiprocessing.connection import wait
from typing import Any

_lock = threading.RLock()


def read_exit_codes_once() -> None:
    """Replace the method of multiprocessing's forkserver that reads exit codes, in this process."""
    if sys.platform == "win32":  # it has no forkserver
        return
    from multiprocessing.popen_forkserver import Popen

    poll = Popen.poll

    def poll_alone(self: Any, flag: int = os.WNOHANG) -> int | None:
        if self.returncode is None and flag != os.WNOHANG:
            wait([self.sentinel])  # not with the lock, because it takes as long as the process
        with _lock:
            return poll(self, os.WNOHANG)

    Popen.poll = poll_alone  # type: ignore[method-assign]
