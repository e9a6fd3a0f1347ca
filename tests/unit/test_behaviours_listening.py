"""Noise, monologues and words before the end of the opening, on a real session without audio."""

from __future__ import annotations

import asyncio

import pytest
from livekit.agents import UserStateChangedEvent
from livekit.agents.language import LanguageCode
from livekit.agents.stt import SpeechData, SpeechEvent, SpeechEventType

from agent.core.events import (
    ClosingRequested,
    LineAdded,
    ReplyFailed,
    SpeechNotRecognised,
    SpeechRecognised,
)
from agent.greeting import activity
from agent.greeting.behaviours import answer_open_turn, end_monologue
from agent.greeting.behaviours.answer_open_turn import AnswerOpenTurn
from agent.greeting.behaviours.apologise_without_reply import ApologiseWithoutReply
from agent.greeting.behaviours.check_in_after_silence import CheckInAfterSilence
from agent.greeting.behaviours.close_conversation import CloseConversation
from agent.greeting.behaviours.end_monologue import EndMonologue
from agent.greeting.behaviours.recover_recognition import RecoverRecognition
from tests.fakes.greeting import FakeGreeting, fake_greeting
from tests.fakes.scripted_llm import Says
from tests.support.process_logs import logged

QUIET_S = 0.3


async def noise(fake: FakeGreeting, duration_s: float) -> None:
    """A sound without words, and time for the agent to say something about it."""
    fake.events.emit(SpeechNotRecognised(duration_s=duration_s))
    await asyncio.sleep(QUIET_S)


def recognise(fake: FakeGreeting, text: str) -> None:
    """Speech recognition has found these words, and the turn goes on."""
    data = SpeechData(LanguageCode("en"), text)
    event = SpeechEvent(SpeechEventType.INTERIM_TRANSCRIPT, alternatives=[data])
    fake.conversation._words.take(event)


async def test_agent_apologises_twice_for_noise_and_then_suggests_typing_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with fake_greeting(behaviours=(RecoverRecognition,)) as fake:
        for _ in range(6):
            await noise(fake, 2.0)
        script = fake.state.script
        assert fake.lines == [script.apology, script.apology, script.suggest_typing]
        warnings = logged(caplog, "speech_not_recognised")
        assert len(warnings) == 1, "noise may go on for a whole greeting"


async def test_agent_does_not_apologise_for_noise_after_the_end() -> None:
    async with fake_greeting(behaviours=(RecoverRecognition,)) as fake:
        fake.state.end_reason = "continue"
        await noise(fake, 2.0)
        assert fake.lines == []


async def test_agent_apologises_once_for_each_turn_that_no_model_answers() -> None:
    async with fake_greeting(behaviours=(ApologiseWithoutReply,)) as fake:
        apology = fake.state.script.apology
        for turn in (1, 2):
            fake.events.emit(SpeechRecognised())
            for _ in range(2):
                fake.events.emit(ReplyFailed())
                await asyncio.sleep(QUIET_S)
            assert fake.lines == [apology] * turn


async def test_cough_is_not_answered() -> None:
    async with fake_greeting(behaviours=(RecoverRecognition,)) as fake:
        await noise(fake, 0.4)
        fake.events.emit(SpeechRecognised())
        await noise(fake, 0.4)
        assert fake.lines == []
        await noise(fake, 0.4)
        assert fake.lines == [fake.state.script.apology]


async def test_agent_does_not_apologise_for_noise_after_the_closing_line() -> None:
    async with fake_greeting(behaviours=(RecoverRecognition, CloseConversation)) as fake:
        fake.events.emit(ClosingRequested("silence"))
        await fake.until_said(fake.state.script.closing)
        while fake.state.closing_said is None:
            await asyncio.sleep(0.01)
        await noise(fake, 2.0)
        assert fake.lines == [fake.state.script.closing]


async def test_noise_does_not_put_off_the_check_in() -> None:
    behaviours = (CheckInAfterSilence, CloseConversation)
    async with fake_greeting(behaviours=behaviours, idle_seconds=0.4) as fake:
        session = fake.conversation.session
        noisy = UserStateChangedEvent(old_state="listening", new_state="speaking")
        session.emit("user_state_changed", noisy)
        await fake.until_said(fake.state.script.check_in)


async def test_speech_with_words_puts_off_the_check_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "_WORDS_EVERY_S", 60.0)
    async with fake_greeting(behaviours=(CheckInAfterSilence,), idle_seconds=0.4) as fake:
        speaking = UserStateChangedEvent(old_state="listening", new_state="speaking")
        fake.conversation.session.emit("user_state_changed", speaking)
        fake.events.emit(SpeechRecognised())
        await asyncio.sleep(0.8)
        assert fake.lines == []


async def test_monologue_is_ended_with_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(end_monologue, "_LONGEST_S", 60)
    monkeypatch.setattr(end_monologue, "_PAUSE_S", 60)
    reply = "Thank you for telling me."
    async with fake_greeting(Says(reply), behaviours=(EndMonologue,)) as fake:
        for _ in range(4):
            fake.events.emit(SpeechRecognised())
            await asyncio.sleep(0.1)
        assert fake.lines == []
        monkeypatch.setattr(end_monologue, "_LONGEST_S", 0.3)
        fake.events.emit(SpeechRecognised())
        speech = fake.conversation.session.current_speech
        assert speech is None, "the session would process these words again after the answer"
        await fake.until_said(reply)


async def test_speech_with_long_pauses_is_not_a_monologue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(end_monologue, "_LONGEST_S", 0.3)
    monkeypatch.setattr(end_monologue, "_PAUSE_S", 0.1)
    async with fake_greeting(behaviours=(EndMonologue,)) as fake:
        for _ in range(4):
            fake.events.emit(SpeechRecognised())
            await asyncio.sleep(0.2)
        assert fake.lines == []


async def test_lively_conversation_is_not_a_monologue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(end_monologue, "_LONGEST_S", 1.0)
    async with fake_greeting(Says("You spoke for long."), behaviours=(EndMonologue,)) as fake:
        answers = [f"Answer {number}." for number in range(4)]
        for answer in answers:
            fake.events.emit(SpeechRecognised())
            await asyncio.sleep(0.3)
            await fake.conversation.lines.say(answer)
        assert fake.lines == answers


async def test_turn_that_recognition_does_not_end_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answer_open_turn, "_OVER_S", 0)
    environ = {"DEEPGRAM_EOT_TIMEOUT_MS": "500"}
    reply = "It takes nine minutes."
    async with fake_greeting(Says(reply), behaviours=(AnswerOpenTurn,), environ=environ) as fake:
        for text in ("how long", "how long does it take"):
            recognise(fake, text)
            fake.events.emit(SpeechRecognised())
        await fake.until_said(reply)
        asked = [
            m.text_content for m in fake.conversation.agent.chat_ctx.messages() if m.role == "user"
        ]
        assert asked == ["how long does it take"]


@pytest.mark.parametrize("leaves", [False, True])
async def test_turn_is_answered_without_a_warning_if_the_microphone_sends_no_more_sound(
    leaves: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(answer_open_turn, "_NO_SOUND_S", 0.1)
    reply = "It takes nine minutes."
    async with fake_greeting(Says(reply), behaviours=(AnswerOpenTurn,)) as fake:
        recognise(fake, "how long does")
        fake.events.emit(SpeechRecognised())
        if leaves:
            fake.room.leaves("trainee")
        else:
            fake.room.trainee_mutes()
        recognise(fake, "how long does it take")  # the last words are recognised afterwards
        fake.events.emit(SpeechRecognised())
        await fake.until_said(reply)
        asked = [
            m.text_content for m in fake.conversation.agent.chat_ctx.messages() if m.role == "user"
        ]
        assert asked == ["how long does it take"]
    assert not logged(caplog, "turn_not_ended")


async def test_words_of_a_turn_that_is_open_at_the_end_are_kept() -> None:
    async with fake_greeting() as fake:
        said: list[str] = []
        fake.events.on(LineAdded, lambda event: said.append(event.line.text))
        recognise(fake, "thanks, I will go on")
        await fake.conversation.close(1.0)
        assert said == ["thanks, I will go on"]


async def test_turn_that_was_ended_is_not_answered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_open_turn, "_OVER_S", -0.4)
    environ = {"DEEPGRAM_EOT_TIMEOUT_MS": "500"}
    async with fake_greeting(behaviours=(AnswerOpenTurn,), environ=environ) as fake:
        fake.events.emit(SpeechRecognised())
        await asyncio.sleep(QUIET_S)
        assert fake.lines == []
