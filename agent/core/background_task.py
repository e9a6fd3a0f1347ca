"""Work that goes on beside a process's own: held, and ended with the block it stands by."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import ClassVar, Self

from agent.core.log import log_task_failure


class BackgroundTask:
    """Used as an async context manager, `run` goes on beside the body and is cancelled at its end.

    That it fails is logged by its name; the body goes on.
    """

    called: ClassVar[str]
    """The task's name."""
    _task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """What goes on, until cancelled."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.run(), name=self.called)
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
