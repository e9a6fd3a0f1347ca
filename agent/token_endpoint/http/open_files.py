"""How many files this process may open: each connection is one.

If none is left, asyncio logs each of thousands of failed tries to accept a connection. The endpoint
answers no request meanwhile.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Final

if sys.platform != "win32":
    import resource

_WANTED: Final = 65_536
_KEPT: Final = 200
"""For LiveKit, the store, the platform and the libraries; half of all files if there are few."""


def raise_limit() -> None:
    """Allow as many files as the system permits; systemd begins with 1,024 for old programs."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = _WANTED if hard == resource.RLIM_INFINITY else min(hard, _WANTED)
        if soft != resource.RLIM_INFINITY and soft < most:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def connections_max() -> int:
    """Return how many connections of callers may be open at the same time."""
    if sys.platform == "win32":
        return sys.maxsize
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft - min(_KEPT, soft // 2)
