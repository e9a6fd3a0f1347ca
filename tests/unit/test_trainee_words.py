"""Which recognised words reach the session, and when they stop the line."""

from __future__ import annotations

import pytest
from livekit.agents import APIConnectionError
from livekit.agents.stt import SpeechEventType

from agent.core.events import OpeningFinished
from tests.fakes.recognised_words import EAGER, END, FINAL, INTERIM, START, RecognisedWords
from tests.fakes.speech_session import FakeSpeech


async def test_words_during_the_opening_are_delivered_after_it(
    recognition: RecognisedWords,
) -> None:
    opening = recognition.session.speaks(allow_interruptions=False)
    recognition.says("How long is the video?")
    recognition.says("And where is it?")
    await recognition.settle()
    assert recognition.passed == []
    assert recognition.recognised > 0, "the silence check-in takes the trainee for silent"
    opening.ends()
    recognition.events.emit(OpeningFinished(interrupted=False))
    await recognition.settle()
    assert recognition.passed == [(FINAL, "How long is the video? And where is it?"), (END, "")]


@pytest.mark.parametrize("line_is_over_first", [True, False])
async def test_backchannel_at_the_end_of_the_opening_is_delivered_with_the_words_before_it(
    recognition: RecognisedWords, line_is_over_first: bool
) -> None:
    """livekit-agents calls the callbacks of a line's end in any order."""
    opening = recognition.session.current_speech = FakeSpeech(allow_interruptions=False)
    finished = OpeningFinished(interrupted=False)
    if not line_is_over_first:
        opening.add_done_callback(lambda _: recognition.events.emit(finished))
    recognition.session.changes_to("speaking")
    if line_is_over_first:
        opening.add_done_callback(lambda _: recognition.events.emit(finished))
    recognition.says("How long is it?")
    recognition.says("Yes.")
    await recognition.settle()
    opening.ends()
    await recognition.settle()
    assert recognition.passed == [(FINAL, "How long is it? Yes."), (END, "")]


async def test_words_during_the_opening_stay_unanswered_if_the_conversation_ends(
    recognition: RecognisedWords,
) -> None:
    opening = recognition.session.speaks(allow_interruptions=False)
    recognition.says("How long is the video?")
    await recognition.settle()
    recognition.words.end()
    opening.ends()
    recognition.events.emit(OpeningFinished(interrupted=True))
    await recognition.settle()
    assert recognition.passed == [], "a session that closes logs a warning about a turn"
    assert recognition.words.unanswered.text == "How long is the video?"


async def test_turn_that_is_open_at_the_end_of_the_opening_ends_by_itself(
    recognition: RecognisedWords,
) -> None:
    recognition.session.speaks(allow_interruptions=False)
    recognition.says("Hello", START, INTERIM, FINAL)
    await recognition.settle()
    recognition.words.release()
    recognition.says("how long is it?", INTERIM, FINAL, END)
    await recognition.settle()
    assert recognition.texts == ["Hello", "how long is it?"]
    assert [kind for kind, _ in recognition.passed].count(END) == 1


async def test_words_kept_while_recognition_is_down_are_delivered_later() -> None:
    recognition = RecognisedWords()
    recognition.session.speaks(allow_interruptions=False)
    recognition.says("How long is it?")
    recognition.heard.put_nowait(APIConnectionError())
    with pytest.raises(APIConnectionError):
        await recognition.run()
    recognition.words.release()
    async with recognition.running():
        assert recognition.texts == ["How long is it?"]


async def test_words_stop_the_line_before_the_recogniser_is_done(
    recognition: RecognisedWords,
) -> None:
    recognition.words.release()
    speech = recognition.session.speaks()
    recognition.says("Wait, I have", START, INTERIM)
    await recognition.settle()
    assert speech.interrupted
    assert recognition.passed == [(START, ""), (INTERIM, "Wait, I have")]


async def test_two_words_recognised_twice_stop_the_line(recognition: RecognisedWords) -> None:
    recognition.words.release()
    speech = recognition.session.speaks()
    recognition.says("Sorry, wait", START, INTERIM)
    await recognition.settle()
    assert not speech.interrupted
    recognition.says("Sorry, wait", INTERIM)
    await recognition.settle()
    assert speech.interrupted


@pytest.mark.parametrize(
    ("later", "begins"),
    [([], True), ([INTERIM], True), ([FINAL, END], False)],
    ids=["nothing", "the same words", "the end of the turn"],
)
async def test_early_reply_waits_for_the_end_of_the_line_that_its_words_stop(
    recognition: RecognisedWords, later: list[SpeechEventType], begins: bool
) -> None:
    recognition.words.release()
    speech = recognition.session.speaks()
    speech.ends_at_once = False
    recognition.says("Hold on.", START, INTERIM, EAGER)
    if later:
        recognition.says("Hold on.", *later)
    await recognition.settle()
    assert speech.interrupted
    assert (EAGER, "Hold on.") not in recognition.passed
    speech.ends()
    await recognition.settle()
    assert recognition.passed.count((EAGER, "Hold on.")) == begins


async def test_early_reply_that_waits_is_not_begun_if_its_words_are_taken(
    recognition: RecognisedWords,
) -> None:
    recognition.words.release()
    speech = recognition.session.speaks()
    speech.ends_at_once = False
    recognition.says("Hold on.", START, INTERIM, EAGER)
    await recognition.settle()
    assert recognition.words.take_unanswered() == "Hold on."
    speech.ends()
    await recognition.settle()
    assert (EAGER, "Hold on.") not in recognition.passed


async def test_early_reply_answers_the_words_that_waited_for_the_line(
    recognition: RecognisedWords,
) -> None:
    """Otherwise its words are not those of the turn, and the session drops it with a warning."""
    recognition.words.release()
    speech = recognition.session.speaks()
    speech.ends_at_once = False
    recognition.says("Okay.")
    recognition.says("Hold on.", START, INTERIM, EAGER)
    await recognition.settle()
    speech.ends()
    await recognition.settle()
    assert recognition.passed == [
        *((START, ""), (INTERIM, "Hold on."), (FINAL, "Okay."), (EAGER, "Hold on."))
    ]


async def test_early_reply_is_begun_once(recognition: RecognisedWords) -> None:
    """The recogniser sends nothing more after the trainee has switched the microphone off."""
    recognition.words.release()
    speech = recognition.session.speaks()
    speech.ends_at_once = False
    recognition.says("Hold on.", START, INTERIM, EAGER)
    await recognition.settle()
    speech.ends()
    recognition.session.speaks().ends()
    await recognition.settle()
    assert recognition.passed.count((EAGER, "Hold on.")) == 1


async def test_early_reply_is_not_begun_on_a_later_connection() -> None:
    recognition = RecognisedWords()
    recognition.words.release()
    speech = recognition.session.speaks()
    speech.ends_at_once = False
    recognition.says("Hold on.", START, INTERIM, EAGER)
    recognition.heard.put_nowait(APIConnectionError())
    with pytest.raises(APIConnectionError):
        await recognition.run()
    async with recognition.running():
        speech.ends()
        await recognition.settle()
    assert (EAGER, "Hold on.") not in recognition.passed


async def test_session_stops_a_paused_line_at_the_final_word(recognition: RecognisedWords) -> None:
    """It would resume the audio of a line that has been stopped before."""
    recognition.words.release()
    speech = recognition.session.speaks()
    recognition.session.changes_to("listening")
    recognition.says("Stop.")
    await recognition.settle()
    assert not speech.interrupted
    assert recognition.texts == ["Stop."]


@pytest.mark.parametrize("text", [".", "…", "¿?", ""])
async def test_transcript_without_words_does_not_stop_the_line(
    recognition: RecognisedWords, text: str
) -> None:
    recognition.words.release()
    speech = recognition.session.speaks()
    recognition.says(text)
    await recognition.settle()
    assert not speech.interrupted
    assert (recognition.passed, recognition.recognised) == ([], 0)


async def test_repeated_transcript_is_passed_on_once(recognition: RecognisedWords) -> None:
    recognition.words.release()
    recognition.says("How long", START, INTERIM, INTERIM, EAGER, INTERIM)
    recognition.says("How long.", INTERIM, EAGER)
    recognition.says("How long is it?", INTERIM, INTERIM, EAGER, FINAL, END)
    recognition.says("How long is it?", START, INTERIM)
    await recognition.settle()
    assert recognition.passed == [
        *((START, ""), (INTERIM, "How long"), (EAGER, "How long")),
        *((INTERIM, "How long is it?"), (EAGER, "How long is it?"), (FINAL, "How long is it?")),
        *((END, ""), (START, ""), (INTERIM, "How long is it?")),
    ], "a turn that Flux does not end is never answered"
