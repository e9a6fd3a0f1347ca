"""A greeting without a server: fake room, scripted model, and the behaviours a test names."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from agent.conversation.conversation import Conversation
from agent.conversation.state import GreetingState
from agent.core.events import ClosingChanged, LineAdded, OpeningFinished, OpeningStarted
from agent.core.job_metadata import JobMetadata
from agent.core.settings import WorkerSettings
from agent.greeting.greeting import Greeting, greeting_in
from agent.room.arrival import Arrivals
from agent.room.page_rpcs import PageRpcs
from agent.scripts import Limits
from tests.fakes.room import FakeRoom
from tests.fakes.room_api import FakeRoomApi
from tests.fakes.scripted_llm import Says, ScriptedLLM
from tests.support.environments import WORKER
from tests.support.waiting import until

Behaviour = Callable[[Greeting], object]
WAIT_S = 30.0


class FakeGreeting:
    """The parts of a greeting, what was said, and how it ended."""

    def __init__(self, llm: ScriptedLLM, environ: dict[str, str], limits: dict[str, float]) -> None:
        self.room = FakeRoom()
        self.state = GreetingState(metadata=JobMetadata(session_id="s"))
        self.events = self.state.events
        if limits:
            # Shorter than a script may ask for, because the test waits for them.
            update = {"limits": Limits.model_construct(**limits)}
            self.state.script = self.state.script.model_copy(update=update)
        self.lines: list[str] = []
        """What the agent has said."""
        self.closings: list[str] = []
        self.events.on(LineAdded, self._on_line)
        self.events.on(ClosingChanged, lambda event: self.closings.append(event.closing))
        self.conversation = Conversation(llm, self.state, None)
        settings = WorkerSettings.from_env({**WORKER, **environ})
        livekit = FakeRoomApi(self.room)
        self.greeting = greeting_in(
            cast(Any, self.room), cast(Any, livekit), settings, self.conversation
        )

    def page_rpcs(self) -> PageRpcs:
        """Register the methods that the page calls."""
        greeting = self.greeting
        return PageRpcs(greeting.room, Arrivals(greeting.room, greeting.livekit), self.events)

    def _on_line(self, event: LineAdded) -> None:
        if event.line.who == "guide":
            self.lines.append(event.line.text)

    def open(self) -> None:
        """Pretend that the opening was said."""
        self.state.opened_at = time.monotonic()
        self.events.emit(OpeningStarted(self.state.script.opening))
        self.events.emit(OpeningFinished(interrupted=False))

    async def until(self, condition: Callable[[], bool]) -> None:
        await until(condition, WAIT_S)

    async def until_said(self, text: str) -> None:
        await self.until(lambda: text in self.lines)

    async def end_reason(self) -> str:
        async with asyncio.timeout(WAIT_S):
            return await self.greeting.wait_for_end()


@asynccontextmanager
async def fake_greeting(
    *replies: Says,
    behaviours: tuple[Behaviour, ...] = (),
    environ: dict[str, str] | None = None,
    **limits: float,
) -> AsyncIterator[FakeGreeting]:
    """A greeting with the trainee in the room, after the opening.

    Args:
        limits: of the script, in seconds: idle_seconds, max_seconds and warn_seconds.
    """
    fake = FakeGreeting(ScriptedLLM(*replies), environ or {}, limits)
    for behaviour in behaviours:
        behaviour(fake.greeting)
    session = fake.conversation.session
    await session.start(fake.conversation.agent, record=False)
    fake.greeting.trainee.watch()
    fake.room.trainee_joins()
    fake.open()
    try:
        yield fake
    finally:
        fake.greeting.tasks.cancel()
        await session.aclose()
