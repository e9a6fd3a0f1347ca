"""The agent does not answer its own voice, which the microphone hears."""

from __future__ import annotations

import asyncio
import time
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
from tests.fakes.recognised_words import EAGER, END, FINAL, INTERIM, LINE, START, RecognisedWords
from tests.fakes.speech_session import FakeSpeech
from tests.support.clock import Clock


async def assert_ignored(recognition: RecognisedWords, line: FakeSpeech) -> None:
    """The words were taken for an echo of the line, which goes on to its end."""
    await recognition.settle()
    assert not line.interrupted
    assert recognition.activity.sound.hears_echo
    line.ends()
    await recognition.settle()
    assert recognition.passed == []


async def assert_answered(recognition: RecognisedWords, line: FakeSpeech, *texts: str) -> None:
    """The trainee's words stopped the line, and are answered."""
    await recognition.settle()
    assert line.interrupted
    assert not recognition.activity.sound.hears_echo
    assert recognition.texts == [*texts]


async def test_agent_does_not_hear_itself(recognition: RecognisedWords) -> None:
    speech = recognition.session.speaks(allow_interruptions=False)
    recognition.says("I love age.")
    recognition.says("and welcome to the course")
    await recognition.settle()
    assert recognition.activity.sound.hears_echo
    speech.ends()
    recognition.words.release()
    second = recognition.session.speaks()
    recognition.says("Some other words")
    await recognition.settle()
    assert not second.interrupted
    second.ends()
    recognition.says("about it")
    await recognition.settle()
    assert recognition.texts == []


async def test_late_echo_of_the_line_before_does_not_end_a_line(
    recognition: RecognisedWords,
) -> None:
    recognition.words.release()
    recognition.session.speaks().ends()
    second = recognition.session.speaks()
    for kind, text in (
        (START, ""),
        (INTERIM, "Hello and"),
        (INTERIM, "Hello and"),
        (INTERIM, "Hello and welcome"),
        (INTERIM, "Hello and welcome to the course"),
        (FINAL, "Hello and welcome to the course"),
        (END, ""),
    ):
        recognition.says(text, kind)
    await assert_ignored(recognition, second)


async def test_echo_in_short_transcripts_does_not_end_a_line(recognition: RecognisedWords) -> None:
    recognition.words.release()
    speech = recognition.session.speaks()
    for text in ("Hello", "and welcome", "to the course"):
        recognition.says(text)
    await assert_ignored(recognition, speech)


async def test_words_of_the_line_are_answered_after_it(recognition: RecognisedWords) -> None:
    recognition.words.release()
    speech = recognition.session.speaks()
    recognition.says("the course")
    await recognition.settle()
    assert not speech.interrupted
    assert recognition.passed == []
    assert recognition.session.resumed == 1
    speech.ends()
    await recognition.settle()
    assert recognition.passed == [(FINAL, "the course"), (END, "")]


async def test_words_of_the_line_are_delivered_before_the_next_words(
    recognition: RecognisedWords,
) -> None:
    recognition.words.release()
    speech = recognition.session.speaks()
    recognition.says("the course")
    recognition.says("What is that?")
    await recognition.settle()
    assert speech.interrupted
    assert recognition.texts == ["the course", "What is that?"]


async def test_client_with_an_echo_is_heard_between_two_lines(
    recognition: RecognisedWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo_filter, "_ECHO_S", 0.02)
    monkeypatch.setattr(echo_filter, "_LATE_ECHO_S", 60)
    recognition.words.release()
    speech = recognition.session.speaks()
    recognition.says("Hello and welcome to the course")
    await recognition.settle()
    speech.ends()
    await asyncio.sleep(0.05)
    recognition.says("wish to know")
    recognition.says("It takes long")
    await recognition.settle()
    assert recognition.texts == ["It takes long"]
    monkeypatch.setattr(echo_filter, "_LATE_ECHO_S", 0.0)
    recognition.says("I wish to know about it")
    await recognition.settle()
    assert recognition.texts[1:] == ["I wish to know about it"]


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


async def test_answer_in_the_words_of_the_question_is_not_an_echo(
    recognition: RecognisedWords,
) -> None:
    recognition.words.release()
    speech = recognition.session.speaks()
    recognition.says("I wish to know about it, yes, all of that please")
    await assert_answered(recognition, speech, "I wish to know about it, yes, all of that please")


async def test_recognition_hears_silence_in_place_of_an_echo(
    recognition: RecognisedWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo_filter, "_ECHO_S", 0.02)
    recognition.activity.sound.hears_echo = True

    async def microphone() -> AsyncIterator[rtc.AudioFrame]:
        frame = rtc.AudioFrame(b"\x01" * 320, 16_000, 1, 160)
        speech = recognition.session.speaks()
        yield frame
        speech.ends()
        await asyncio.sleep(0.05)
        yield frame

    heard = [any(frame.data) async for frame in recognition.words.echo.without_echo(microphone())]
    assert heard == [False, True]


@pytest.mark.parametrize(("line_s", "certain"), [(4, False), (7, True)])
async def test_echo_that_is_misheard_is_not_answered(
    recognition: RecognisedWords, recordings: dict[str, Path], line_s: int, certain: bool
) -> None:
    """The sound of the microphone is enough, whatever recognition makes of it."""
    with wave.open(str(recordings["beckett"])) as file:
        rate = file.getframerate()
        sound = file.readframes(rate * line_s)
    opening = recognition.session.speaks(allow_interruptions=False)

    async def microphone() -> AsyncIterator[rtc.AudioFrame]:
        size = rate // 10
        for at in range(0, len(sound), 2 * size):
            part = sound[at : at + 2 * size]
            recognition.words.echo.agent_says(rtc.AudioFrame(part, rate, 1, len(part) // 2))
            yield rtc.AudioFrame(part, rate, 1, len(part) // 2)

    recognition.says("The lawyers don't have you here", INTERIM, FINAL)
    await recognition.settle()
    async for _ in recognition.words.echo.without_echo(microphone()):
        pass
    assert recognition.activity.sound.hears_echo == certain
    recognition.says("I am an I am a car", INTERIM, FINAL)
    await recognition.settle()
    opening.ends()
    recognition.words.release()
    await recognition.settle()
    assert recognition.texts == []


@pytest.mark.parametrize("text", ["the course", "Hello and welcome to the course"])
async def test_trainee_who_repeats_the_line_stops_it_if_they_sound_different(
    recognition: RecognisedWords, recordings: dict[str, Path], text: str
) -> None:
    sounds = []
    for name in ("two_cities", "endgame_nagg_nell"):
        with wave.open(str(recordings[name])) as file:
            rate = file.getframerate()
            sounds.append(file.readframes(rate * 3))
    said, heard = sounds
    recognition.words.release()
    speech = recognition.session.speaks()
    recognition.words.echo.agent_says(rtc.AudioFrame(said, rate, 1, len(said) // 2))

    async def microphone() -> AsyncIterator[rtc.AudioFrame]:
        for at in range(0, len(heard), rate // 5):
            part = heard[at : at + rate // 5]
            yield rtc.AudioFrame(part, rate, 1, len(part) // 2)

    async for _ in recognition.words.echo.without_echo(microphone()):
        pass
    recognition.says("the course", START, INTERIM)
    recognition.says("the course is", INTERIM)
    await recognition.settle()
    assert speech.interrupted
    # The trainee goes on.
    async for _ in recognition.words.echo.without_echo(microphone()):
        pass
    recognition.says(text, INTERIM, EAGER, FINAL, END)
    await assert_answered(recognition, speech, text)


async def test_trainee_may_repeat_words_of_an_earlier_line(
    recognition: RecognisedWords, clock: Clock
) -> None:
    recognition.words.release()
    recognition.session.speaks().ends()
    recognition.begin_line("It takes ten minutes.")
    clock.ahead_s = 5
    speech = recognition.session.speaks()
    recognition.says("Hello and welcome to the course")
    await assert_answered(recognition, speech, "Hello and welcome to the course")


async def test_echo_that_is_recognised_late_is_not_answered(
    recognition: RecognisedWords, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """The recogniser says where in the microphone's audio the words were."""
    monkeypatch.setattr(echo_filter, "_ECHO_S", 1)
    monkeypatch.setattr(echo_filter, "_LATE_ECHO_S", 0.0)
    recognition.activity.sound.hears_echo = True
    recognition.words.release()
    speech = recognition.session.speaks()
    clock.ahead_s = 20
    line_at = time.monotonic()
    clock.ahead_s = 40
    speech.ends()
    clock.ahead_s = 60
    after_at = time.monotonic()
    clock.ahead_s = 80
    audio_s = 100

    async def microphone() -> AsyncIterator[rtc.AudioFrame]:
        for _ in range(audio_s):
            yield rtc.AudioFrame(bytes(2 * 16_000), 16_000, 1, 16_000)

    async for _ in recognition.words.echo.without_echo(microphone()):
        pass
    now = time.monotonic()
    for at, text in ((line_at, "words of the line"), (after_at, "words after it")):
        words = [TimedString(text, start_time=audio_s - (now - at))]
        data = stt.SpeechData(language=cast(Any, "en"), text=text, words=words)
        recognition.heard.put_nowait(SpeechEvent(type=FINAL, alternatives=[data]))
    await recognition.settle()
    assert recognition.texts == ["words after it"]


def test_echo_is_recognised_although_recognition_is_poor() -> None:
    heard = "Hello and well come to of course. I'm Mia, what do you fish to know a bout it?"
    assert is_echo(heard, LINE)
    assert not is_echo("Hello, my name is Ada, and I wish to hear more about the times", LINE)
