"""A shared resource made of processes, opened again, once, if one of its processes has died."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Generic, TypeVar

T = TypeVar("T")


class DiedAgain(Exception):
    """A process of the resource died, after the resource had been rebuilt once already."""


class Restartable(Generic[T]):
    """Opens a resource on first use and checks its processes every time it is asked for it."""

    def __init__(
        self,
        name: str,
        open_it: Callable[[], AbstractAsyncContextManager[T]],
        dead_processes: Callable[[T], list[str]],
    ) -> None:
        """Do not open anything yet.

        Args:
            name: what the resource is called in reports.
            open_it: opens a new one each time it is called.
            dead_processes: describes the processes that have ended although none should.
        """
        self._name = name
        self._open = open_it
        self._dead_processes = dead_processes
        self._stack = AsyncExitStack()
        self._value: T | None = None
        self._failure = ""
        self.rebuilt = ""
        """Says why the resource was rebuilt; empty if it was not."""

    async def get(self) -> T:
        """Return the resource with all of its processes running.

        Raises:
            DiedAgain: a process died for the second time; from then on every call raises this.
        """
        if self._failure:
            raise DiedAgain(self._failure)
        if self._value is not None and (dead := self._dead_processes(self._value)):
            reason = f"{self._name}: {', '.join(dead)}"
            if self.rebuilt:
                self._failure = f"{reason}; it had been rebuilt once ({self.rebuilt})"
                raise DiedAgain(self._failure)
            self.rebuilt = reason
            await self.aclose()
        if self._value is None:
            self._value = await self._stack.enter_async_context(self._open())
        return self._value

    @property
    def is_running(self) -> bool:
        """Whether the resource is open and all of its processes run."""
        return self._value is not None and not self._dead_processes(self._value)

    async def aclose(self) -> None:
        """Close the resource; the next `get` opens a new one."""
        self._value = None
        await self._stack.aclose()
        self._stack = AsyncExitStack()
