"""A trainee who comes back sees what was said, and hears the open question again."""

from __future__ import annotations

import asyncio
import json

import pytest

from agent.core.events import RecordingDeclined, TextReceived, TraineeTyping
from agent.greeting.behaviours.answer_typed_text import AnswerTypedText
from agent.greeting.behaviours.repeat_after_return import RepeatAfterReturn
from agent.greeting.observers import earlier_lines
from agent.greeting.observers.earlier_lines import EarlierLines
from agent.room.contract import RPC_CAN_HEAR, RPC_EARLIER_LINES, RPC_STOP_RECORDING, RPC_TYPING
from tests.fakes.greeting import FakeGreeting, fake_greeting
from tests.fakes.room import OURS
from tests.fakes.scripted_llm import Says

QUESTION = "Have you done this before?"


async def page_can_hear(fake: FakeGreeting) -> None:
    report = {"sound_unlocked": True, "audio_from": [fake.greeting.output.identity]}
    await fake.room.says(RPC_CAN_HEAR, json.dumps(report))


def reload(fake: FakeGreeting) -> None:
    fake.room.remote_participants["trainee"].attributes |= OURS
    fake.room.leaves("trainee")
    fake.room.trainee_joins(**OURS)


async def earlier(fake: FakeGreeting, identity: str = "trainee") -> list[tuple[str, str]]:
    answer = json.loads(await fake.room.says(RPC_EARLIER_LINES, "", identity))
    return [(line["from"], line["text"]) for line in answer["lines"]]


async def test_page_that_joins_later_gets_the_lines_so_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    behaviours = (AnswerTypedText, EarlierLines)
    async with fake_greeting(Says(QUESTION), behaviours=behaviours) as fake:
        assert await earlier(fake) == []
        fake.events.emit(TextReceived("¡Hola!"))
        await fake.until_said(QUESTION)
        assert await earlier(fake) == [("trainee", "¡Hola!"), ("agent", QUESTION)]
        answer = json.loads(await fake.room.says(RPC_EARLIER_LINES, ""))
        assert {line["lang"] for line in answer["lines"]} == {fake.state.script.locale}
        # Other participants do not get them.
        assert await fake.room.says(RPC_EARLIER_LINES, "", "stranger") == "ignored"
        # An answer has a limited size: the oldest lines are left out.
        monkeypatch.setattr(earlier_lines, "_ANSWER_MAX_BYTES", 100)
        assert await earlier(fake) == [("agent", QUESTION)]


async def test_latest_line_is_repeated_once_the_page_can_hear_again() -> None:
    behaviours = (AnswerTypedText, RepeatAfterReturn)
    async with fake_greeting(Says(QUESTION), behaviours=behaviours) as fake:
        fake.page_rpcs()
        said = spoken(fake)
        fake.events.emit(TextReceived("Hello"))
        await fake.until_said(QUESTION)
        reload(fake)
        await asyncio.sleep(0.3)
        assert said == [QUESTION], "the question was repeated before the page could hear"
        await page_can_hear(fake)
        await fake.until(lambda: said == [QUESTION, QUESTION])
        # The conversation, and so the outcome, has the question once.
        assert fake.lines == [QUESTION]


async def test_nothing_is_repeated_after_an_answer_or_the_closing_line() -> None:
    behaviours = (AnswerTypedText, RepeatAfterReturn)
    replies = (Says(QUESTION), Says("I see."))
    async with fake_greeting(*replies, behaviours=behaviours) as fake:
        fake.page_rpcs()
        said = spoken(fake)
        fake.events.emit(TextReceived("Hello"))
        await fake.until_said(QUESTION)
        reload(fake)
        fake.events.emit(TextReceived("Yes"))
        await fake.until_said("I see.")
        await page_can_hear(fake)
        fake.state.closing_said = "asked"
        reload(fake)
        await page_can_hear(fake)
        await asyncio.sleep(0.3)
        assert said == [QUESTION, "I see."]


async def test_page_reports_typing_and_stops_the_recording() -> None:
    async with fake_greeting() as fake:
        fake.page_rpcs()
        events: list[object] = []
        for kind in (TraineeTyping, RecordingDeclined):
            fake.events.on(kind, events.append)
        for method in (RPC_TYPING, RPC_STOP_RECORDING):
            assert await fake.room.says(method, "", "stranger") == "ignored"
            assert await fake.room.says(method, "") == "ok"
        assert events == [TraineeTyping(), RecordingDeclined()]


def spoken(fake: FakeGreeting) -> list[str]:
    """Every line that the session says, repeated ones too."""
    said: list[str] = []
    fake.conversation.session.on(
        "speech_created",
        lambda event: event.speech_handle.add_done_callback(
            lambda _: said.append(fake.conversation.lines.texts.current)
        ),
    )
    return said
