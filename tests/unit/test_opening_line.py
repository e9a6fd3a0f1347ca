"""The first line of an agent, also of one that takes over a greeting."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from agent.conversation.conversation import Conversation
from agent.conversation.script_lines import opening_line
from agent.conversation.state import GreetingState
from agent.core.events import OpeningStarted, RecordingChanged
from agent.core.job_metadata import JobMetadata
from agent.core.records import Answer
from agent.core.settings import VoiceSettings
from agent.greeting.observers.question_progress import QuestionTracker
from agent.outcomes.earlier_greeting import EarlierGreeting
from agent.outcomes.outcome import Disclosure, Notice, Recorded
from tests.fakes.scripted_llm import ScriptedLLM

LOCALES = ["en", "es", "fr", "de"]
DRIVEN = Answer(type="yes_no", status="answered", value=True)
RECORDED = Recorded(by="worker", status="recording")


def taken_over(
    locale: str = "en",
    *,
    disclosure: Disclosure | None = None,
    answers: dict[str, Answer] | None = None,
    chosen_name: str = "",
) -> GreetingState:
    metadata = JobMetadata.model_validate(
        {"trainee": {"name": "Dr. Ada"}, "training_type": "forklift", "locale": locale}
    )
    earlier = EarlierGreeting(
        answers=answers or {}, disclosure=disclosure, locale=locale, chosen_name=chosen_name
    )
    return GreetingState(metadata=metadata, earlier=earlier)


def heard(*, recording: Notice | None = None) -> Disclosure:
    ai = Notice(words="an AI", heard_to_end=True)
    return Disclosure(script="forklift", script_version=1, locale="en", ai=ai, recording=recording)


@pytest.mark.parametrize("locale", LOCALES)
def test_opening_line_of_the_next_agent_apologises_and_asks_the_open_question(locale: str) -> None:
    state = taken_over(locale, disclosure=heard(), answers={"driven_before": DRIVEN})
    question = state.answers.next_open()
    assert question is not None
    line = opening_line(state)
    assert line == f"{state.script.resume} {question.ask}"
    assert "Dr. Ada" in line
    assert state.script.ai_disclosure not in line
    tracker = QuestionTracker(state)
    tracker.opening_said(line)
    assert tracker.progress.open is not None
    assert tracker.progress.open.id == question.id


def test_opening_line_of_the_next_agent_has_the_name_that_the_trainee_chose() -> None:
    state = taken_over(disclosure=heard(), chosen_name="Zoë")
    assert "Zoë" in opening_line(state)
    assert "Ada" not in opening_line(state)
    assert state.chosen_name == "Zoë", "a third agent has it, too"


def test_opening_line_without_an_open_question_asks_as_the_check_in_does() -> None:
    state = taken_over(disclosure=heard())
    for question in state.script.questions:
        state.answers.skip(question.id)
    assert opening_line(state) == f"{state.script.resume} {state.script.check_in}"


def test_opening_line_is_the_opening_if_the_trainee_has_not_heard_it() -> None:
    state = taken_over(answers={"driven_before": DRIVEN})
    assert opening_line(state) == state.script.opening
    state.recording = RECORDED
    assert opening_line(state) == state.script.opening_recorded


def test_opening_line_repeats_only_a_recording_disclosure_that_was_not_heard() -> None:
    state = taken_over(disclosure=heard())
    question = state.script.questions[0]
    state.recording = RECORDED
    disclosure = state.script.recording_disclosure
    assert opening_line(state) == f"{state.script.resume} {disclosure} {question.ask}"
    state = taken_over(disclosure=heard(recording=Notice(heard_to_end=True)))
    state.recording = RECORDED
    assert opening_line(state) == f"{state.script.resume} {question.ask}"


def test_agent_that_takes_over_speaks_the_language_of_the_earlier_one() -> None:
    metadata = JobMetadata(locale="en")
    state = GreetingState(metadata=metadata, earlier=EarlierGreeting(locale="es"))
    assert state.script.locale == "es"


async def test_prepared_opening_changes_with_the_name_and_the_recording() -> None:
    settings = VoiceSettings.from_env(
        {"GOOGLE_API_KEY": "g", "DEEPGRAM_API_KEY": "d", "DEEPGRAM_BASE_URL": "http://127.0.0.1:9"}
    )
    state = GreetingState(metadata=JobMetadata(session_id="s"))
    state.recording = Recorded(by="worker", status="recording")
    opened: list[str] = []
    state.events.on(OpeningStarted, lambda event: opened.append(event.text))
    conversation = Conversation(ScriptedLLM(), state, settings)
    async with aclosing(conversation.session) as session:
        await session.start(conversation.agent, record=False)
        conversation.lines.prepare_opening()
        await conversation.script_in_use.use_participant_name("Zoë")
        state.recording.status = "cut_short"
        state.events.emit(RecordingChanged())
        conversation.lines.say_opening()
        conversation.lines.cancel_preparation()
    assert opened == [state.script.opening]
    assert "Zoë" in opened[0]
