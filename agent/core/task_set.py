"""Background tasks that are held, named, logged if they fail, and cancelled together.

For the worker only: the endpoint, which must not import livekit.agents, uses `background_task`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from livekit.agents.utils import aio

from agent.core.log import log_task_failure


class TaskSet(aio.TaskSet):
    """livekit-agents' TaskSet, plus failure logs and cancellation."""

    def start(self, work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
        task = self.create_task(work, name=name)
        task.add_done_callback(log_task_failure)
        return task

    def cancel(self) -> None:
        """Cancel what still runs, except the calling task."""
        for task in self.tasks - {asyncio.current_task()}:
            task.cancel()
