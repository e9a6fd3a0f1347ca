"""Limits how often livekit-agents probes a failed provider.

Its fallback adapters send every request to the failed provider, too, to see whether it works again.
That doubles calls and costs while a provider is down (https://github.com/livekit/agents/issues/4464).
"""

from __future__ import annotations

import time
from typing import Final

_EVERY_S: Final = 15.0


class RecoveryProbes:
    """Knows when each failed provider may be probed: not at once, and then at intervals."""

    def __init__(self) -> None:
        self._next_at: dict[object, float] = {}

    def may_try(self, provider: object) -> bool:
        """Return True if the provider may be probed now, and postpone the next probe."""
        now = time.monotonic()
        if now < self._next_at.setdefault(provider, now + _EVERY_S):
            return False
        self._next_at[provider] = now + _EVERY_S
        return True
