"""Runs calls in batches: those that arrive while one batch runs are the next batch.

A single call runs at once. Under load, many calls share one transaction or one round trip, so that
a busy store costs little more than an idle one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Generic, TypeVar

C = TypeVar("C")

_CALLS_MAX: Final = 200
"""Calls in one batch."""


class Batches(Generic[C]):
    """Calls of one event loop.

    Args:
        run: runs the calls and returns the result of each, or the exception that it raised. If it
            raises an exception itself, it has run none of them, and each is run by itself.
    """

    def __init__(self, run: Callable[[Sequence[C]], Awaitable[Sequence[Any]]]) -> None:
        self._run = run
        self._waiting: list[tuple[C, asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None

    async def call(self, call: C) -> Any:
        """Run one call; return its result or raise its exception.

        If the caller is cancelled, a call that waits does not run.
        """
        result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, result))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run_batches(), name="store_batches")
        return await result

    async def _run_batches(self) -> None:
        batch: list[tuple[C, asyncio.Future[Any]]] = []
        try:
            while self._waiting:
                taken, self._waiting = self._waiting[:_CALLS_MAX], self._waiting[_CALLS_MAX:]
                batch = [each for each in taken if not each[1].done()]
                if not batch:
                    continue
                results = await self._results([call for call, _ in batch])
                for (_, result), done in zip(batch, results, strict=True):
                    if result.done():
                        continue  # its caller was cancelled
                    if isinstance(done, BaseException):
                        result.set_exception(done)
                    else:
                        result.set_result(done)
        finally:
            # Only if this task was cancelled: no caller waits for ever.
            for _, result in [*batch, *self._waiting]:
                result.cancel()
            self._waiting.clear()

    async def _results(self, calls: Sequence[C]) -> Sequence[Any]:
        try:
            return await self._run(calls)
        except Exception as e:  # noqa: BLE001 - it belongs to the caller of one of the calls
            if len(calls) == 1:
                return [e]
            return [result for call in calls for result in await self._results([call])]
