"""Which recognised words reach the session, and when they stop the line."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from livekit.agents import APIConnectionError

from tests.fakes.recognised_words import END, FINAL, INTERIM, START, RecognisedWords


@pytest.fixture
async def setup() -> AsyncIterator[RecognisedWords]:
    words = RecognisedWords()
    async with words.running():
        yield words


async def test_words_during_the_opening_are_delivered_after_it(setup: RecognisedWords) -> None:
    opening = setup.session.speaks(allow_interruptions=False)
    setup.says("How long is the video?")
    setup.says("And where is it?")
    await setup.settle()
    assert setup.passed == []
    assert setup.recognised > 0, "the silence check-in takes the trainee for silent"
    opening.ends()
    setup.words.release()
    await setup.settle()
    assert setup.passed == [(FINAL, "How long is the video? And where is it?"), (END, "")]


async def test_turn_that_is_open_at_the_end_of_the_opening_ends_by_itself(
    setup: RecognisedWords,
) -> None:
    setup.session.speaks(allow_interruptions=False)
    setup.says("Hello", START, INTERIM, FINAL)
    await setup.settle()
    setup.words.release()
    setup.says("how long is it?", INTERIM, FINAL, END)
    await setup.settle()
    assert setup.texts == ["Hello", "how long is it?"]
    assert [kind for kind, _ in setup.passed].count(END) == 1


async def test_words_kept_while_recognition_is_down_are_delivered_later() -> None:
    setup = RecognisedWords()
    setup.session.speaks(allow_interruptions=False)
    setup.says("How long is it?")
    setup.heard.put_nowait(APIConnectionError())
    with pytest.raises(APIConnectionError):
        await setup.run()
    setup.words.release()
    async with setup.running():
        assert setup.texts == ["How long is it?"]


async def test_words_stop_the_line_before_the_recogniser_is_done(setup: RecognisedWords) -> None:
    setup.words.release()
    speech = setup.session.speaks()
    setup.says("Wait, I have", START, INTERIM)
    await setup.settle()
    assert speech.interrupted
    assert setup.passed == [(START, ""), (INTERIM, "Wait, I have")]


async def test_two_words_recognised_twice_stop_the_line(setup: RecognisedWords) -> None:
    setup.words.release()
    speech = setup.session.speaks()
    setup.says("Sorry, wait", START, INTERIM)
    await setup.settle()
    assert not speech.interrupted
    setup.says("Sorry, wait", INTERIM)
    await setup.settle()
    assert speech.interrupted
