"""Sound for which no words are recognised is noticed, also if it comes again and again."""

from __future__ import annotations

import pytest
from livekit.agents.vad import VADEvent, VADEventType

from agent.conversation.wordless_sound import WordlessSound
from agent.core.events import SpeechNotRecognised
from tests.fakes.recognised_words import EAGER, RecognisedWords
from tests.support.clock import Clock


class Setup:
    def __init__(self, recognition: RecognisedWords) -> None:
        self.recognition = recognition
        self.noticed: list[float] = []
        recognition.events.on(SpeechNotRecognised, lambda e: self.noticed.append(e.duration_s))
        self.wordless = WordlessSound(recognition.activity.sound, recognition.events)

    def sound(self, kind: VADEventType, seconds: float = 0.0) -> None:
        self.recognition.activity.sound.report(
            VADEvent(
                kind, samples_index=0, timestamp=0, speech_duration=seconds, silence_duration=0
            )
        )

    def begins(self) -> None:
        self.sound(VADEventType.START_OF_SPEECH)

    def ends(self, seconds: float) -> None:
        self.sound(VADEventType.END_OF_SPEECH, seconds)


@pytest.fixture
def setup(recognition: RecognisedWords) -> Setup:
    return Setup(recognition)


async def test_sound_without_words_is_noticed_once(setup: Setup, clock: Clock) -> None:
    setup.begins()
    setup.ends(2.0)
    await clock.advance(3.0)
    assert setup.noticed == [], "its words may come late"
    await clock.advance(3.0)
    assert setup.noticed == [2.0]
    await clock.advance(60.0)
    assert setup.noticed == [2.0]


async def test_sounds_that_follow_soon_are_noticed_after_one_of_them(
    setup: Setup, clock: Clock
) -> None:
    for _ in range(2):
        setup.begins()
        setup.ends(1.5)
        await clock.advance(1.5)
    setup.begins()
    await clock.advance(2.0)
    assert setup.noticed == [], "the sound that goes on may have words"
    setup.ends(1.5)
    await clock.advance(0.8)
    assert setup.noticed == [], "its words may still come"
    await clock.advance(0.4)
    assert setup.noticed == [4.5]


async def test_words_of_the_last_sound_make_all_known(setup: Setup, clock: Clock) -> None:
    setup.begins()
    setup.ends(0.3)
    await clock.advance(3.0)
    setup.begins()
    await clock.advance(1.5)
    setup.ends(1.5)
    await clock.advance(0.2)
    setup.recognition.says("Yes", EAGER)
    await setup.recognition.settle()
    await clock.advance(10.0)
    assert setup.noticed == []


async def test_sounds_without_end_are_noticed(setup: Setup, clock: Clock) -> None:
    for _ in range(10):
        setup.begins()
        await clock.advance(0.5)
        setup.ends(0.5)
        await clock.advance(0.4)
    assert len(setup.noticed) == 1


async def test_cough_during_a_line_is_not_noticed(setup: Setup, clock: Clock) -> None:
    """A second recogniser would make words of it, which stop the line."""
    setup.recognition.session.speaks()
    for _ in range(4):
        setup.begins()
        setup.ends(0.5)
        await clock.advance(2.5)
    await clock.advance(10.0)
    assert setup.noticed == []
    setup.begins()
    setup.ends(1.2)
    await clock.advance(10.0)
    assert setup.noticed == [1.2]


async def test_cough_only_delays_the_notice_of_a_sound_before_it(
    setup: Setup, clock: Clock
) -> None:
    setup.begins()
    setup.ends(2.0)
    await clock.advance(3.2)
    setup.recognition.session.speaks()
    setup.begins()
    await clock.advance(0.5)
    assert setup.noticed == []
    setup.ends(0.5)
    await clock.advance(1.5)
    assert setup.noticed == [2.0]


async def test_words_make_a_sound_known(setup: Setup, clock: Clock) -> None:
    setup.begins()
    setup.ends(2.0)
    setup.recognition.says("How long", EAGER)
    await setup.recognition.settle()
    await clock.advance(10.0)
    assert setup.noticed == []
    setup.begins()
    setup.ends(1.0)
    await clock.advance(10.0)
    assert setup.noticed == [1.0]
