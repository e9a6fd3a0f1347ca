"""Run a coroutine in the background for as long as an `async with` block runs."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import ClassVar, Self

from agent.core.log import log_task_failure


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
        self._task = asyncio.create_task(self.run(), name=self.task_name)
        self._task.add_done_callback(log_task_failure)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
