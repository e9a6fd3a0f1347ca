"""Reads a stream one item ahead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

from livekit.agents import utils

T = TypeVar("T")


class Lookahead(Generic[T]):
    """A stream whose next item can be waited for without taking it; close it with `aclose`."""

    def __init__(self, items: AsyncIterator[T]) -> None:
        self._items = items
        self._next = asyncio.ensure_future(anext(items, None))

    async def comes_within(self, timeout_s: float) -> bool:
        """Wait for the next item, or for the end; return False if neither has come."""
        await asyncio.wait({self._next}, timeout=max(timeout_s, 0))
        return self._next.done()

    async def take(self) -> T | None:
        """Return the next item; None at the end."""
        item = await self._next
        self._next = asyncio.ensure_future(anext(self._items, None))
        return item

    async def aclose(self) -> None:
        """Read no more."""
        await utils.aio.cancel_and_wait(self._next)
