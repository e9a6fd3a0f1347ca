"""Check-in, time limit and closing line, on a real session with lines that take no time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agent.core.events import ClosingRequested, OpeningStarted, SpeechRecognised, TraineeTyping
from agent.greeting import activity
from agent.greeting.behaviours import close_conversation
from agent.greeting.behaviours.check_in_after_silence import CheckInAfterSilence
from agent.greeting.behaviours.close_conversation import CloseConversation
from agent.greeting.behaviours.limit_time import LimitTime
from agent.greeting.greeting import Greeting
from tests.fakes.greeting import FakeGreeting, fake_greeting
from tests.fakes.scripted_llm import Says
from tests.support.clock import Clock

LONG_S = 60.0


@pytest.fixture(autouse=True)
def short_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(close_conversation, "LINGER_S", 0.4)


@pytest.fixture
def long_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than a busy machine stops a process."""
    monkeypatch.setattr(close_conversation, "LINGER_S", LONG_S)


async def types_for_long(fake: FakeGreeting, clock: Clock) -> None:
    """The trainee types slowly, and sends nothing."""
    for _ in range(12):
        fake.events.emit(TraineeTyping())
        await clock.advance(LONG_S / 4)


@asynccontextmanager
async def opened(
    *replies: Says,
    idle_seconds: float = 60,
    max_seconds: float = 3_000,
    warn_seconds: float = 30,
    environ: dict[str, str] | None = None,
) -> AsyncIterator[FakeGreeting]:
    async with fake_greeting(
        *replies,
        behaviours=(CheckInAfterSilence, LimitTime, CloseConversation),
        environ=environ or {"MAX_GREETING_S": "3000"},
        idle_seconds=idle_seconds,
        max_seconds=max_seconds,
        warn_seconds=warn_seconds,
    ) as fake:
        yield fake


async def test_silence_gets_one_check_in_and_then_the_closing_line() -> None:
    async with opened(idle_seconds=0.3) as fake:
        assert await fake.end_reason() == "silent"
        assert fake.lines == [fake.state.script.check_in, fake.state.script.closing]
        assert fake.closings == ["highlight_continue"]
        assert fake.state.closing_said == "silence"


async def test_speech_after_the_check_in_allows_another_check_in(clock: Clock) -> None:
    async with opened(idle_seconds=LONG_S) as fake:
        await clock.advance(2 * LONG_S)
        await fake.until_said(fake.state.script.check_in)
        fake.events.emit(SpeechRecognised())
        await clock.advance(2 * LONG_S)
        await fake.until(lambda: fake.lines.count(fake.state.script.check_in) == 2)
        await clock.advance(2 * LONG_S)
        assert await fake.end_reason() == "silent"
        assert fake.lines.count(fake.state.script.check_in) == 2


async def test_typing_does_not_count_as_silence(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "_TYPING_S", LONG_S)
    async with opened(idle_seconds=LONG_S) as fake:
        await types_for_long(fake, clock)
        assert fake.lines == []
        # A draft that is never sent is not a turn: one check-in, then the closing line.
        await clock.advance(3 * LONG_S)
        await fake.until_said(fake.state.script.check_in)
        await types_for_long(fake, clock)
        assert fake.lines == [fake.state.script.check_in]
        await clock.advance(3 * LONG_S)
        assert await fake.end_reason() == "silent"


@pytest.mark.usefixtures("long_linger")
async def test_typing_after_the_closing_line_keeps_the_greeting_open(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "_TYPING_S", LONG_S)
    async with opened() as fake:
        fake.events.emit(ClosingRequested("asked"))
        await fake.until_said(fake.state.script.closing)
        await types_for_long(fake, clock)
        assert fake.state.end_reason is None
        await clock.advance(3 * LONG_S)
        assert await fake.end_reason() == "completed"


async def test_absence_of_the_trainee_does_not_count_as_silence() -> None:
    async with opened(idle_seconds=0.2) as fake:
        fake.room.leaves("trainee")
        await asyncio.sleep(0.8)
        assert fake.lines == []
        fake.room.trainee_joins()
        assert await fake.end_reason() == "silent"


async def test_end_greeting_is_followed_by_the_closing_line() -> None:
    async with opened(Says(calls=[("end_greeting", {})])) as fake:
        await fake.conversation.session.run(user_input="Let's go on")
        await fake.until_said(fake.state.script.closing)
        assert await fake.end_reason() == "completed"
        assert fake.lines == [fake.state.script.closing]
        assert fake.closings == ["highlight_continue"]


@pytest.mark.usefixtures("long_linger")
async def test_question_after_the_closing_line_reopens_the_conversation(clock: Clock) -> None:
    async with opened(idle_seconds=LONG_S) as fake:
        fake.events.emit(ClosingRequested("asked"))
        await fake.until_said(fake.state.script.closing)
        fake.events.emit(SpeechRecognised())
        await fake.until(lambda: fake.closings == ["highlight_continue", ""])
        assert fake.state.end_reason is None
        # The next silence ends it without a second closing line.
        await clock.advance(2 * LONG_S)
        assert await fake.end_reason() == "completed"
        assert fake.lines == [fake.state.script.closing]


async def test_time_limit_is_announced_before_the_closing_line(clock: Clock) -> None:
    async with opened(idle_seconds=1_000, max_seconds=240, warn_seconds=80) as fake:
        await clock.advance(140)
        await fake.until(lambda: bool(fake.closings))
        assert fake.closings == ["soon"]
        assert fake.lines == []
        await clock.advance(40)
        assert await fake.end_reason() == "time_limit"
        assert fake.closings == ["soon", "highlight_continue"]
        assert fake.lines == [fake.state.script.closing]


@pytest.mark.usefixtures("long_linger")
async def test_time_limit_ends_the_greeting_while_the_trainee_goes_on_talking(clock: Clock) -> None:
    async with opened(idle_seconds=1_000, max_seconds=240, warn_seconds=80) as fake:
        await clock.advance(140)
        await fake.until(lambda: fake.closings == ["soon"])
        await clock.advance(40)
        await fake.until_said(fake.state.script.closing)
        fake.events.emit(SpeechRecognised())
        await fake.until(lambda: fake.closings[-1] == "")
        await clock.advance(120)
        fake.events.emit(SpeechRecognised())
        assert await fake.end_reason() == "time_limit"
        assert fake.lines == [fake.state.script.closing]


async def test_shorter_limit_of_the_environment_leaves_time_for_the_closing_line(
    clock: Clock,
) -> None:
    environ = {"MAX_GREETING_S": "100"}
    async with opened(
        idle_seconds=1_000, max_seconds=240, warn_seconds=80, environ=environ
    ) as fake:
        assert fake.greeting.settings.max_greeting_s == 100
        await closes_50_s_early(fake, clock)


async def test_waits_before_the_opening_leave_time_for_the_closing_line(clock: Clock) -> None:
    def waited(greeting: Greeting) -> None:
        def on_opening(_: OpeningStarted) -> None:
            greeting.state.began_at = time.monotonic() - 140

        greeting.events.on(OpeningStarted, on_opening)

    behaviours = (waited, LimitTime, CloseConversation)
    limits: dict[str, float] = {"idle_seconds": 1_000, "max_seconds": 300, "warn_seconds": 80}
    environ = {"MAX_GREETING_S": "240"}
    async with fake_greeting(behaviours=behaviours, environ=environ, **limits) as fake:
        await closes_50_s_early(fake, clock)


async def closes_50_s_early(fake: FakeGreeting, clock: Clock) -> None:
    """Check a greeting that may take 100 s: the notice after 25 s, the closing line after 50 s."""
    await clock.advance(30)
    await fake.until(lambda: fake.closings == ["soon"])
    await clock.advance(28)
    assert await fake.end_reason() == "time_limit"
    assert fake.lines == [fake.state.script.closing]


async def test_time_limit_holds_while_the_model_hangs() -> None:
    async with opened(Says("Too late.", after_s=60), max_seconds=1, warn_seconds=0.5) as fake:
        fake.conversation.session.generate_reply(user_input="How long is it?")
        assert await fake.end_reason() == "time_limit"
        assert fake.lines == []
