"""Counts of requests in sliding windows, for limits such as "30 in a minute".

Time is divided into windows as long as the limit's, which begin at full minutes, hours and so on.
At 40 % of a window, a limit looks back over this window and the last 60 % of the one before. It
accepts a request while

    60 % of the requests in the window before + requests in this window < its amount

The `limits` library does the same, but not as cheaply. In memory, its counts cost more with each
key that it knows. In Redis, it needs a round trip for each limit.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from agent.core.errors import TrainingGreeterError


class Limit(NamedTuple):
    """How many requests with one key are accepted, and the window of time that is current."""

    key: str
    """Whose requests are counted together."""
    what: str
    """Names them for the caller."""
    amount: int
    window_s: int
    """The length of a window."""
    window: int
    """The number of the current window."""
    passed: float
    """The share of it that has passed."""


class LimitReached(TrainingGreeterError):
    """A limit accepts no request more.

    Args:
        before: requests in the window before.
        current: requests in the current window.
    """

    def __init__(self, limit: Limit, before: int, current: int) -> None:
        super().__init__(
            f"too many requests: {limit.what} may send {limit.amount} in {limit.window_s} s"
        )
        self.limit = limit
        self.before = before
        self.current = current

    @property
    def wait_s(self) -> int:
        """After how many whole seconds a request is accepted."""
        limit, before, current = self.limit, self.before, self.current
        wait = -limit.passed  # as a share of the window, from its beginning on
        if current >= limit.amount:
            # The next window must begin. This one is then the window before, and that one empty.
            wait, before, current = 1 - limit.passed, current, 0
        if before:
            # So much of the window before must leave the limit's view that one request fits in.
            wait += max(0.0, 1 - (limit.amount - current) / before)
        return min(math.floor(wait * limit.window_s) + 1, limit.window_s)


class LocalRates:
    """Counts in memory. A window is dropped as a whole, so old keys cost nothing."""

    def __init__(self) -> None:
        self._counts: dict[int, tuple[int, Counter[str], Counter[str]]] = {}
        """By the length of the windows, in seconds: the number of the current window, and the
        requests by key in the window before and in the current one."""

    def count(self, limits: Sequence[Limit]) -> None:
        """Count one request against several limits; the ones before a reached one count it, too.

        Raises:
            LimitReached: the first limit that is reached.
        """
        for limit in limits:
            new = (limit.window, Counter[str](), Counter[str]())
            window, before, current = self._counts.get(limit.window_s, new)
            if window != limit.window:
                before = current if window == limit.window - 1 else Counter()
                current = Counter()
            self._counts[limit.window_s] = (limit.window, before, current)
            counted = math.floor(before[limit.key] * (1 - limit.passed)) + current[limit.key]
            if counted >= limit.amount:
                raise LimitReached(limit, before[limit.key], current[limit.key])
            current[limit.key] += 1
