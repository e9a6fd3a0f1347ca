"""Rates such as "30 in a minute", counted in sliding windows.

Time is divided into windows as long as the rate's, which begin at full minutes, hours and so on. At
40 % of a window, a rate looks back over this window and the last 60 % of the one before. It accepts
a request while

    60 % of the requests in the window before + requests in this window < its amount

The `limits` library does the same, but its counts in memory cost more with each key that it knows,
and its counts in Redis a round trip for each limit.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from agent.core.settings.field_types import parse_rate
from agent.store import LimitNow, ReachedLimit


@dataclass(frozen=True)
class Rate:
    """At most `amount` requests in `window_s` seconds."""

    amount: int
    window_s: int

    @classmethod
    def of(cls, text: str) -> Self | None:
        """Parse a setting such as `30/minute`; None for no limit."""
        parsed = parse_rate(text)
        return cls(*parsed) if parsed else None

    def at(self, now: float, key: str) -> LimitNow:
        """Return the limit for a key, with the window of a Unix time."""
        window, into_s = divmod(now, self.window_s)
        return LimitNow(key, self.amount, self.window_s, int(window), into_s / self.window_s)

    def wait_s(self, reached: ReachedLimit, passed: float) -> int:
        """Return after how many whole seconds a rejected request is accepted.

        Args:
            passed: the share of this window that has passed.
        """
        before, current = reached.before, reached.current
        wait = -passed  # as a share of the window, from its beginning on
        if current >= self.amount:
            # The next window must begin. This one is then the window before, and that one empty.
            wait, before, current = 1 - passed, current, 0
        if before:
            # So much of the window before must leave the limit's view that one request fits in.
            wait += max(0.0, 1 - (self.amount - current) / before)
        return min(math.floor(wait * self.window_s) + 1, self.window_s)


@dataclass
class _Counts:
    """Requests by key."""

    window: int
    """The number of the current window."""
    before: Counter[str]
    """In the window before it."""
    current: Counter[str]


class LocalRates:
    """Counts in memory. A window is dropped as a whole, so old keys cost nothing."""

    def __init__(self) -> None:
        self._counts: dict[int, _Counts] = {}
        """By the length of the windows, in seconds."""

    def count(self, limits: Sequence[LimitNow]) -> ReachedLimit | None:
        """Count one request; see `RedisRates.count`, which does the same in Redis."""
        for index, limit in enumerate(limits):
            counts = self._counts_in(limit.window_s, limit.window)
            before, current = counts.before[limit.key], counts.current[limit.key]
            if math.floor(before * (1 - limit.passed)) + current >= limit.amount:
                return ReachedLimit(index, before, current)
            counts.current[limit.key] += 1
        return None

    def _counts_in(self, window_s: int, window: int) -> _Counts:
        """Return the counts of a window, which is the current one now."""
        last = self._counts.get(window_s) or _Counts(window, Counter(), Counter())
        if window == last.window:
            now = last
        elif window == last.window + 1:
            now = _Counts(window, last.current, Counter())
        else:
            now = _Counts(window, Counter(), Counter())
        self._counts[window_s] = now
        return now
