"""Waiting for a condition that another process or thread makes true."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

_POLL_S = 0.02


async def until(condition: Callable[[], bool], timeout_s: float, failure: str) -> None:
    """Wait until a condition holds.

    Raises:
        AssertionError: it did not hold in time; the message is `failure` and the timeout.
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{failure} within {timeout_s:g} s")
        await asyncio.sleep(_POLL_S)


async def until_true(ask: Callable[[], Awaitable[Any]], timeout_s: float = 60) -> Any:
    """Ask until the answer is true; return it.

    Raises:
        TimeoutError: no answer was true in time.
    """
    async with asyncio.timeout(timeout_s):
        while not (answer := await ask()):  # noqa: ASYNC110 - it depends on another process
            await asyncio.sleep(_POLL_S)
    return answer


async def holds_within(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Wait for a condition that may never hold, and return whether it did."""
    try:
        await until(condition, timeout_s, "")
    except AssertionError:
        return False
    return True
