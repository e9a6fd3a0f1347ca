"""The agent does not answer its own voice, which the microphone hears."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from livekit import rtc
from livekit.agents import stt
from livekit.agents.stt import SpeechEvent
from livekit.agents.types import TimedString

from agent.conversation import echo_filter
from agent.conversation.echo_words import is_echo
from tests.fakes.recognised_words import END, FINAL, INTERIM, LINE, START, RecognisedWords


@pytest.fixture
async def setup() -> AsyncIterator[RecognisedWords]:
    words = RecognisedWords()
    async with words.running():
        yield words


async def test_agent_does_not_hear_itself(setup: RecognisedWords) -> None:
    speech = setup.session.speaks(allow_interruptions=False)
    setup.says("I love age.")
    setup.says("and welcome to the course")
    await setup.settle()
    assert setup.activity.hears_echo
    speech.ends()
    setup.words.release()
    second = setup.session.speaks()
    setup.says("Some other words")
    await setup.settle()
    assert not second.interrupted
    second.ends()
    setup.says("about it")
    await setup.settle()
    assert setup.texts == []


async def test_late_echo_of_the_line_before_does_not_end_a_line(setup: RecognisedWords) -> None:
    setup.words.release()
    setup.session.speaks().ends()
    second = setup.session.speaks()
    for kind, text in (
        (START, ""),
        (INTERIM, "Hello and"),
        (INTERIM, "Hello and"),
        (INTERIM, "Hello and welcome"),
        (INTERIM, "Hello and welcome to the course"),
        (FINAL, "Hello and welcome to the course"),
        (END, ""),
    ):
        setup.says(text, kind)
    await setup.settle()
    assert not second.interrupted
    assert setup.activity.hears_echo
    second.ends()
    await setup.settle()
    assert setup.passed == []


async def test_echo_in_short_transcripts_does_not_end_a_line(setup: RecognisedWords) -> None:
    setup.words.release()
    speech = setup.session.speaks()
    for text in ("Hello", "and welcome", "to the course"):
        setup.says(text)
    await setup.settle()
    assert not speech.interrupted
    assert setup.activity.hears_echo
    speech.ends()
    await setup.settle()
    assert setup.passed == []


async def test_words_of_the_line_are_answered_after_it(setup: RecognisedWords) -> None:
    setup.words.release()
    speech = setup.session.speaks()
    setup.says("the course")
    await setup.settle()
    assert not speech.interrupted
    assert setup.passed == []
    assert setup.session.resumed == 1
    speech.ends()
    await setup.settle()
    assert setup.passed == [(FINAL, "the course"), (END, "")]


async def test_words_of_the_line_are_delivered_before_the_next_words(
    setup: RecognisedWords,
) -> None:
    setup.words.release()
    speech = setup.session.speaks()
    setup.says("the course")
    setup.says("What is that?")
    await setup.settle()
    assert speech.interrupted
    assert setup.texts == ["the course", "What is that?"]


async def test_client_with_an_echo_is_heard_between_two_lines(
    setup: RecognisedWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo_filter, "_ECHO_S", 0.02)
    monkeypatch.setattr(echo_filter, "_LATE_ECHO_S", 0.2)
    setup.words.release()
    speech = setup.session.speaks()
    setup.says("Hello and welcome to the course")
    await setup.settle()
    speech.ends()
    await asyncio.sleep(0.05)
    setup.says("wish to know")
    setup.says("It takes long")
    await setup.settle()
    assert setup.texts == ["It takes long"]
    await asyncio.sleep(0.2)
    setup.says("I wish to know about it")
    await setup.settle()
    assert setup.texts[1:] == ["I wish to know about it"]


@pytest.mark.parametrize(
    "text",
    [
        "I wish to know how long it takes",
        "what do you",
        "Yes, I do wish to know what it is about",
        "Sorry, what is the course about?",
        "How long is it, and where do I have to go?",
    ],
)
def test_trainee_may_use_words_of_the_line(text: str) -> None:
    assert not is_echo(text, LINE)


async def test_answer_in_the_words_of_the_question_is_no_echo(setup: RecognisedWords) -> None:
    setup.words.release()
    speech = setup.session.speaks()
    setup.says("I wish to know about it, yes, all of that please")
    await setup.settle()
    assert speech.interrupted
    assert not setup.activity.hears_echo
    assert setup.texts == ["I wish to know about it, yes, all of that please"]


async def test_recognition_hears_silence_in_place_of_an_echo(
    setup: RecognisedWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo_filter, "_ECHO_S", 0.02)
    setup.activity.echo_detected()

    async def microphone() -> AsyncIterator[rtc.AudioFrame]:
        frame = rtc.AudioFrame(b"\x01" * 320, 16_000, 1, 160)
        speech = setup.session.speaks()
        yield frame
        speech.ends()
        await asyncio.sleep(0.05)
        yield frame

    heard = [any(frame.data) async for frame in setup.words.without_echo(microphone())]
    assert heard == [False, True]


@pytest.mark.parametrize(("line_s", "certain"), [(4, False), (7, True)])
async def test_echo_that_is_misheard_is_not_answered(
    setup: RecognisedWords, recordings: dict[str, Path], line_s: int, certain: bool
) -> None:
    """The sound of the microphone is enough, whatever recognition makes of it."""
    with wave.open(str(recordings["beckett"])) as file:
        rate = file.getframerate()
        sound = file.readframes(rate * line_s)
    opening = setup.session.speaks(allow_interruptions=False)

    async def microphone() -> AsyncIterator[rtc.AudioFrame]:
        size = rate // 10
        for at in range(0, len(sound), 2 * size):
            part = sound[at : at + 2 * size]
            setup.words.agent_says(rtc.AudioFrame(part, rate, 1, len(part) // 2))
            yield rtc.AudioFrame(part, rate, 1, len(part) // 2)

    setup.says("The lawyers don't have you here", INTERIM, FINAL)
    await setup.settle()
    async for _ in setup.words.without_echo(microphone()):
        pass
    assert setup.activity.hears_echo == certain
    setup.says("I am an I am a car", INTERIM, FINAL)
    await setup.settle()
    opening.ends()
    setup.words.release()
    await setup.settle()
    assert setup.texts == []


async def test_slow_recognition_does_not_make_an_echo_an_answer(
    setup: RecognisedWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recogniser says where in the microphone's audio the words were."""
    monkeypatch.setattr(echo_filter, "_ECHO_S", 0.05)
    monkeypatch.setattr(echo_filter, "_LATE_ECHO_S", 0.0)
    setup.activity.echo_detected()
    setup.words.release()
    speech = setup.session.speaks()
    await asyncio.sleep(0.1)
    speech.ends()
    await asyncio.sleep(0.3)

    async def microphone() -> AsyncIterator[rtc.AudioFrame]:
        yield rtc.AudioFrame(bytes(2 * 16_000), 16_000, 1, 16_000)

    async for _ in setup.words.without_echo(microphone()):
        pass
    for ago_s, text in ((0.35, "words of the line"), (0.1, "words after it")):
        words = [TimedString(text, start_time=1.0 - ago_s)]
        data = stt.SpeechData(language=cast(Any, "en"), text=text, words=words)
        setup.heard.put_nowait(SpeechEvent(type=FINAL, alternatives=[data]))
    await setup.settle()
    assert setup.texts == ["words after it"]


def test_echo_is_recognised_although_recognition_is_poor() -> None:
    heard = "Hello and well come to of course. I'm Mia, what do you fish to know a bout it?"
    assert is_echo(heard, LINE)
    assert not is_echo("Hello, my name is Ada, and I wish to hear more about the times", LINE)
