"""Limits how often livekit-agents tries whether a failed provider works again.

Its fallback adapters repeat every request at a failed provider in the background, which doubles
calls and costs while one is down (https://github.com/livekit/agents/issues/4464).
"""

from __future__ import annotations

import time
from typing import Final

_EVERY_S: Final = 15.0


class RecoveryProbes:
    """When each provider may be tried again."""

    def __init__(self) -> None:
        self._next_at: dict[object, float] = {}

    def on_failure(self, provider: object) -> None:
        """Wait before the first trial: what just failed would probably fail again."""
        self._next_at[provider] = time.monotonic() + _EVERY_S

    def may_try(self, provider: object) -> bool:
        """Whether to try the provider now; if so, the next trial comes later."""
        now = time.monotonic()
        if now < self._next_at.get(provider, now):
            return False
        self._next_at[provider] = now + _EVERY_S
        return True
