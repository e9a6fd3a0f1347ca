"""Background tasks: each is held, named, and its failure is logged."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, ClassVar, Self, TypeVar

from agent.core.log import logger

T = TypeVar("T")


def start_task(work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
    """Run `work` in a task whose failure is logged. The caller must hold the task."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(log_task_failure)
    return task


class TaskSet:
    """Tasks that are cancelled together."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        """Run `work` until it ends or `cancel` is called."""
        task = start_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def cancel(self) -> None:
        """Cancel what still runs, except the calling task."""
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()


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


def log_task_failure(task: asyncio.Task[Any]) -> None:
    """Log the failure of a task that is not awaited; use it as the task's done callback."""
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error(
            "a background task failed; see the traceback for the cause",
            extra={"event": "task_failed", "task": task.get_name()},
            exc_info=error,
        )


def ignore_task_failure(task: asyncio.Task[Any]) -> None:
    """Keep asyncio from reporting the failure of a task that is awaited but may be given up."""
    if not task.cancelled():
        task.exception()
