"""The end of one greeting: the first reason counts."""

from __future__ import annotations

import asyncio

from agent.conversation.state import GreetingState


class GreetingEnd:
    """Ends the greeting; `state.end_reason` holds the reason."""

    def __init__(self, state: GreetingState) -> None:
        self._state = state
        self._ended = asyncio.Event()

    def end(self, reason: str) -> None:
        """End the greeting for one of `agent.core.end_reasons`; later reasons are ignored."""
        if self._state.end_reason is None:
            self._state.end_reason = reason
            self._ended.set()

    async def wait(self) -> str:
        """Wait without limit until the greeting ends. Returns the reason."""
        await self._ended.wait()
        assert self._state.end_reason is not None
        return self._state.end_reason
