"""Run a coroutine in the background: until it ends, or as long as an `async with` block runs."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, ClassVar, Self

from agent.core.log import log_task_failure


def start_task(work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
    """Run `work` in a task whose failure is logged. The caller must hold the task."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(log_task_failure)
    return task


class BackgroundTask:
    """An async context manager that runs `run` in a task and cancels it when the block ends.

    If `run` fails, the failure is logged with the task's name and the block continues.
    """

    task_name: ClassVar[str]
    _task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Work until cancelled."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        self._task = start_task(self.run(), name=self.task_name)
        return self

    async def __aexit__(self, *exception: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
