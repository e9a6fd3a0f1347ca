"""Silence, the end of the time and the goodbye, on a real session with lines that take no time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from agent.conversation.conversation import Conversation
from agent.core.end_reasons import Ending
from agent.core.job_metadata import JobMetadata
from agent.greeting.course import Course, Quiet
from agent.scripts import Limits
from tests.fakes.scripted_llm import Says, ScriptedLLM

PATIENCE_S = 15.0


class Hall:
    """A conversation that is open, with everything the course does to it written down."""

    def __init__(self, llm: ScriptedLLM, limits: dict[str, float], longest_s: float) -> None:
        self.closings: list[str] = []
        self.said: list[str] = []
        self.ending = Ending()
        self.absent = asyncio.Event()
        self.conversation = Conversation(
            llm, JobMetadata(), settings=None, on_goodbye=lambda: self.course.say_goodbye()
        )
        script = self.conversation.script
        # Shorter than a script may ask for: a test waits for them.
        self.conversation.script = script.model_copy(
            update={"limits": Limits.model_construct(**limits)}
        )
        session = self.conversation.session
        session.on("conversation_item_added", self._on_item)
        self.quiet = Quiet(session, absent=self.absent)
        self.course = Course(
            self.conversation,
            self.quiet,
            self.ending,
            self.closings.append,
            longest_s=longest_s,
            linger_s=0.4,
        )

    @property
    def script(self) -> Any:
        return self.conversation.script

    def _on_item(self, event: Any) -> None:
        line = self.conversation.line_of(event)
        if line and line.who == "guide":
            self.said.append(line.text)

    async def until_said(self, text: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while text not in self.said:
                await asyncio.sleep(0.01)

    async def ended(self) -> str:
        async with asyncio.timeout(PATIENCE_S):
            return await self.ending.wait()


@asynccontextmanager
async def hall(
    *replies: Says,
    idle_seconds: float = 60,
    max_seconds: float = 120,
    warn_seconds: float = 30,
    longest_s: float = 600,
) -> AsyncIterator[Hall]:
    limits = {
        "idle_seconds": idle_seconds,
        "max_seconds": max_seconds,
        "warn_seconds": warn_seconds,
    }
    here = Hall(ScriptedLLM(*replies), limits, longest_s)
    session = here.conversation.session
    await session.start(here.conversation.greeter, record=False)
    running = asyncio.create_task(here.course.run())
    try:
        yield here
    finally:
        running.cancel()
        await session.aclose()


async def test_silent_trainee_is_asked_once_and_then_let_go() -> None:
    async with hall(idle_seconds=0.3) as here:
        assert await here.ended() == "silent"
        assert here.said == [here.script.check_in, here.script.closing]
        assert here.closings == ["highlight_continue"]
        assert here.course.closing_said


async def test_who_speaks_up_after_the_check_in_is_asked_again_after_the_next_silence() -> None:
    async with hall(idle_seconds=0.3) as here:
        await here.until_said(here.script.check_in)
        here.quiet.stir()
        assert await here.ended() == "silent"
        assert here.said.count(here.script.check_in) == 2


async def test_absence_is_no_silence() -> None:
    async with hall(idle_seconds=0.2) as here:
        here.absent.set()
        await asyncio.sleep(0.8)
        assert here.said == []
        here.absent.clear()
        assert await here.ended() == "silent"


async def test_the_models_end_is_followed_by_the_closing_line_and_the_end() -> None:
    async with hall(Says(calls=[("end_greeting", {})])) as here:
        await here.conversation.session.run(user_input="Let's go on")
        await here.until_said(here.script.closing)
        assert await here.ended() == "completed"
        assert here.said == [here.script.closing]
        assert here.closings == ["highlight_continue"]


async def test_one_more_question_after_the_goodbye_opens_the_conversation_again() -> None:
    async with hall(idle_seconds=1.0) as here:
        here.course.say_goodbye()
        await here.until_said(here.script.closing)
        here.quiet.stir()
        async with asyncio.timeout(PATIENCE_S):
            while here.closings != ["highlight_continue", ""]:
                await asyncio.sleep(0.01)
        assert here.ending.reason is None
        # It ends by the next silence, without saying goodbye twice.
        assert await here.ended() == "completed"
        assert here.said == [here.script.closing]


async def test_time_nearly_up_brings_the_closing_line_and_then_the_end() -> None:
    async with hall(max_seconds=3, warn_seconds=2.5) as here:
        assert await here.ended() == "time_limit"
        assert here.said == [here.script.closing]


async def test_the_end_of_the_time_is_announced_before_the_goodbye() -> None:
    async with hall(max_seconds=3, warn_seconds=1.5) as here:
        async with asyncio.timeout(PATIENCE_S):
            while not here.closings:
                await asyncio.sleep(0.01)
        assert here.closings == ["soon"]
        assert here.said == []
        assert await here.ended() == "time_limit"
        assert here.closings == ["soon", "highlight_continue"]


async def test_time_is_up_even_for_who_goes_on_talking() -> None:
    async with hall(max_seconds=1.5, warn_seconds=1) as here:
        await here.until_said(here.script.closing)
        here.quiet.stir()
        assert await here.ended() == "time_limit"
        assert here.said == [here.script.closing]


async def test_the_environments_shorter_limit_wins_and_still_leaves_room_for_the_goodbye() -> None:
    async with hall(max_seconds=120, warn_seconds=30, longest_s=1.6) as here:
        assert await here.ended() == "time_limit"
        assert here.said == [here.script.closing]


async def test_the_limit_holds_while_the_model_hangs() -> None:
    async with hall(Says("Too late.", after_s=60), max_seconds=1, warn_seconds=0.5) as here:
        here.conversation.session.generate_reply(user_input="How long is it?")
        async with asyncio.timeout(5):
            assert await here.ended() == "time_limit"
        assert here.said == []
