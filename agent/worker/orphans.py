"""Ends a job process that its worker has left behind."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from typing import Final

_GRACE_S: Final = 15.0
"""Time for a job process to end by itself, and its greeting with it."""


def end_after_worker() -> None:
    """End this job process 15 s after its worker has died, if it still runs then.

    A job process whose worker was killed ends by itself, except if livekit-agents fails to close
    the connection between them: the thread that forwards logs then keeps the process alive
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/ipc/proc_client.py).
    Containers and systemd end all processes of a worker.
    """
    worker = multiprocessing.parent_process()
    if worker is None:  # on Windows, jobs are threads of the worker
        return

    def wait() -> None:
        worker.join()
        time.sleep(_GRACE_S)
        os._exit(1)

    threading.Thread(target=wait, name="end_after_worker", daemon=True).start()
