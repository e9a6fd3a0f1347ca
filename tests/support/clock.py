"""The monotonic clock of this process, which a test sets forward.

On a busy machine, a process may get no CPU time for seconds. So tests do not compare short times:
they use long ones, and set the clock forward instead of waiting.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

import pytest

_SETTLE_S: Final = 0.02


class Clock:
    """Adds `ahead_s` to `time.monotonic`, which the event loops use, too."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead_s = 0.0
        real = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: real() + self.ahead_s)

    async def advance(self, seconds: float) -> None:
        """Let all waits begin, set the clock forward, and let the waits end."""
        await asyncio.sleep(_SETTLE_S)
        self.ahead_s += seconds
        await asyncio.sleep(_SETTLE_S)
