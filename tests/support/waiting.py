"""Waiting for a condition that another task, process or thread makes true."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
_POLL_S = 0.02


async def until(
    condition: Callable[[], object], timeout_s: float = 60, failure: str = "it did not happen"
) -> None:
    """Wait until a condition holds.

    Raises:
        AssertionError: it did not hold in time; the message is `failure` and the timeout.
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{failure} within {timeout_s:g} s")
        await asyncio.sleep(_POLL_S)


async def until_answer(
    ask: Callable[[], Awaitable[T]], holds: Callable[[T], object] = bool, timeout_s: float = 60
) -> T:
    """Ask again and again until `holds` accepts the answer; return it.

    Raises:
        AssertionError: no answer was accepted in time; the message has the last one.
        TimeoutError: the last question was not answered in time.
    """
    deadline = time.monotonic() + timeout_s
    async with asyncio.timeout(timeout_s + 1):
        while not holds(answer := await ask()):
            assert time.monotonic() < deadline, f"still {answer!r} after {timeout_s:g} s"
            await asyncio.sleep(_POLL_S)
    return answer


async def holds_within(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Wait for a condition that may never hold, and return whether it did."""
    try:
        await until(condition, timeout_s)
    except AssertionError:
        return False
    return True
