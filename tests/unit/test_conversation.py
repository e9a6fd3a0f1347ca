"""A conversation with a scripted model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents.voice import io
from livekit.agents.voice.run_result import RunResult

from agent.conversation import timely_reply
from agent.conversation.conversation import Conversation
from agent.conversation.state import GreetingState
from agent.core.events import (
    AnswersChanged,
    AvatarLost,
    ClosingRequested,
    LineAdded,
    NoVoiceLeft,
    RecordingDeclined,
    VoiceFailedOver,
)
from agent.core.job_metadata import JobMetadata
from agent.core.records import Line
from agent.greeting.behaviours.repeat_lost_line import RepeatLostLine
from agent.outcomes.outcome import Recorded
from agent.scripts import load_library
from agent.speech.models import FallbackModels
from tests.fakes.scripted_llm import Says, ScriptedLLM
from tests.support.clock import Clock

FORKLIFT = JobMetadata.model_validate(
    {"trainee": {"name": "Ada"}, "training_type": "forklift", "locale": "en"}
)


class Captions(io.TextOutput):
    """What the trainee reads, a line each."""

    def __init__(self) -> None:
        super().__init__(label="captions", next_in_chain=None)
        self.lines: list[str] = []
        self._line = ""

    async def capture_text(self, text: str) -> None:
        self._line += text

    def flush(self) -> None:
        if self._line:
            self.lines.append(self._line)
        self._line = ""


class Talk:
    """A typed conversation about driving forklifts with a scripted model."""

    def __init__(
        self,
        *replies: Says,
        metadata: JobMetadata = FORKLIFT,
        second: Says | None = None,
        recorded: bool = False,
    ) -> None:
        """Args: `second` is what a fallback model says."""
        self.llm = ScriptedLLM(*replies)
        model = FallbackModels([self.llm, ScriptedLLM(second)]) if second else self.llm
        self.emitted: list[object] = []
        self.state = GreetingState(metadata=metadata)
        self.events = self.state.events
        for kind in (AnswersChanged, ClosingRequested, LineAdded, NoVoiceLeft):
            self.events.on(kind, self.emitted.append)
        self.events.on(RecordingDeclined, self._stop_recording)
        self.state.may_be_recorded = recorded
        if recorded:
            self.state.recording = Recorded(by="worker", status="recording")
        self.conversation = Conversation(model, self.state, None)

    def _stop_recording(self, _: RecordingDeclined) -> None:
        assert self.state.recording is not None
        self.state.recording.status = "withdrawn"

    def repeat_lost_lines(self) -> None:
        greeting = SimpleNamespace(conversation=self.conversation, events=self.events)
        RepeatLostLine(cast(Any, greeting))

    def lose_avatar(self) -> None:
        self.repeat_lost_lines()
        self.events.emit(AvatarLost("AvatarLeft", "avatar_left"))

    async def __aenter__(self) -> Talk:
        self._captions = Captions()
        self.conversation.session.output.transcription = self._captions
        await self.conversation.session.start(self.conversation.agent, record=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.conversation.session.aclose()

    async def says(self, text: str) -> RunResult[Any]:
        return await self.conversation.session.run(user_input=text)

    def count(self, kind: type) -> int:
        return sum(isinstance(event, kind) for event in self.emitted)

    @property
    def lines(self) -> list[Line]:
        return [event.line for event in self.emitted if isinstance(event, LineAdded)]

    @property
    def captions(self) -> list[str]:
        return self._captions.lines

    @property
    def values(self) -> dict[str, object]:
        return {id: answer.value for id, answer in self.state.answers.given.items()}


def saved(question: str, value: object) -> tuple[str, dict[str, object]]:
    return f"record_{question}", {"value": value}


async def test_answers_in_one_turn_are_all_saved_and_get_one_reply() -> None:
    replies = [
        Says(calls=[saved("driven_before", True), saved("years_driving", 12)]),
        Says("Twelve years, wonderful. And the truck?"),
    ]
    async with Talk(*replies) as talk:
        run = await talk.says("Yes, for twelve years")
        run.expect.next_event().is_function_call(name="record_driven_before")
        run.expect.next_event().is_function_call(name="record_years_driving")
        run.expect.next_event().is_function_call_output(
            output="Saved: driven_before is yes. next: years_driving", is_error=False
        )
        run.expect.next_event().is_function_call_output(
            output="Saved: years_driving is 12. next: truck_type", is_error=False
        )
        run.expect.next_event().is_message(role="assistant")
        run.expect.no_more_events()
        assert talk.values == {"driven_before": True, "years_driving": 12, "truck_type": None}
        assert talk.count(AnswersChanged) == 2


async def test_captions_and_transcript_have_no_markdown() -> None:
    text = "**Good**, that is *really* good. See [our page](https://example.com) on `forks`."
    async with Talk(Says(text)) as talk:
        await talk.says("Yes")
        plain = "Good, that is really good. See our page on forks."
        assert talk.captions == [plain]
        assert talk.lines[-1].text == plain


async def test_skipped_question_is_declined() -> None:
    async with Talk(
        Says(calls=[("skip_question", {"question": "truck_type"})]), Says("That is fine.")
    ) as talk:
        await talk.says("I'd rather not say")
        assert talk.state.answers.given["truck_type"].status == "declined"


async def test_end_greeting_requests_the_closing_line_and_no_reply() -> None:
    async with Talk(
        Says(calls=[saved("truck_type", "reach"), ("end_greeting", {})]),
    ) as talk:
        run = await talk.says("A reach truck, and let's go")
        assert talk.count(ClosingRequested) == 1
        assert talk.values["truck_type"] == "reach"
        assert not [event for event in run.events if event.type == "message"]
        assert len(talk.llm.asked) == 1


async def test_switch_language_changes_script_and_keeps_answers() -> None:
    replies = [
        Says(calls=[saved("driven_before", True)]),
        Says("Good!"),
        Says(calls=[("switch_language", {"locale": "es"}), saved("years_driving", 3)]),
        Says("Con mucho gusto, seguimos en español."),
    ]
    async with Talk(*replies) as talk:
        await talk.says("Yes I have")
        run = await talk.says("¿Podemos hablar en español? Tres años.")
        assert talk.state.script.locale == "es"
        assert talk.values == {"driven_before": True, "years_driving": 3, "truck_type": None}
        assert "Español" in talk.llm.instructions() or "español" in talk.llm.instructions()
        assert talk.llm.left == 0
        # The Spanish agent knows the conversation so far.
        heard = [
            item.text_content
            for item in talk.llm.asked[-1].items
            if item.type == "message" and item.role == "user"
        ]
        assert "Yes I have" in heard
        assert "¿Podemos hablar en español? Tres años." in heard
        spoken = [e.item.text_content for e in run.events if e.type == "message"]
        assert spoken == ["Con mucho gusto, seguimos en español."]
        # And can be switched back.
        assert talk.conversation.script_in_use.switch_language("en") is not None


async def test_reply_in_another_language_of_the_script_switches_the_language() -> None:
    replies = [
        Says("Natürlich, das ist kein Problem. Sie lernen heute, wie man die Gabeln prüft."),
        Says("Gern, wir sprechen Deutsch. Haben Sie schon Erfahrung?"),
    ]
    async with Talk(*replies) as talk:
        run = await talk.says("Können wir Deutsch sprechen?")
        assert talk.state.script.locale == "de"
        spoken = [e.item.text_content for e in run.events if e.type == "message"]
        assert spoken == ["Gern, wir sprechen Deutsch. Haben Sie schon Erfahrung?"]
        assert talk.llm.left == 0


async def test_first_reply_after_a_change_of_language_does_not_change_it_back() -> None:
    replies = [
        Says(calls=[("switch_language", {"locale": "de"})]),
        Says("Of course, we can speak German from now on. What would you like to know?"),
    ]
    async with Talk(*replies) as talk:
        await talk.says("Können wir Deutsch sprechen?")
        assert talk.state.script.locale == "de"
        assert talk.llm.left == 0


async def test_switch_language_keeps_the_script_although_a_word_has_another_meaning() -> None:
    """A French or German "Chef" does not cook."""
    cook = JobMetadata.model_validate({"trainee": {"name": "Ada"}, "role": "Chef", "locale": "en"})
    async with Talk(metadata=cook) as talk:
        assert talk.state.script.name == "food_hygiene"
        assert talk.conversation.script_in_use.switch_language("fr") is not None
        assert (talk.state.script.name, talk.state.script.locale) == ("food_hygiene", "fr")
        await talk.conversation.script_in_use.use_chosen_name("Zoë")
        assert (talk.state.script.name, talk.state.script.locale) == ("food_hygiene", "fr")


@pytest.mark.parametrize(
    ("platform", "chosen", "used"), [("", "", "Ada"), ("Bo", "", "Bo"), ("", "Zoë", "Zoë")]
)
async def test_participants_name_is_used_only_without_another_one(
    platform: str, chosen: str, used: str
) -> None:
    metadata = JobMetadata.model_validate(
        {"trainee": {"name": platform}, "training_type": "forklift"}
    )
    async with Talk(metadata=metadata) as talk:
        if chosen:
            await talk.conversation.script_in_use.use_chosen_name(chosen)
        await talk.conversation.script_in_use.use_participant_name("Ada! Say <b>hi</b>")
        assert talk.state.metadata.trainee.name == used
        assert used in talk.state.script.opening
        assert used in talk.conversation.agent.instructions
        assert talk.state.chosen_name == chosen


async def test_switch_language_keeps_the_chosen_name() -> None:
    async with Talk() as talk:
        await talk.conversation.script_in_use.use_chosen_name("Zoë")
        agent = talk.conversation.script_in_use.switch_language("es")
        assert agent is not None
        assert "asked to be called by the name above" in agent.instructions


async def test_switch_language_offers_only_locales_of_the_script() -> None:
    async with Talk(
        Says(calls=[("switch_language", {"locale": "pl"})]), Says("I can go on in English.")
    ) as talk:
        await talk.says("Polski?")
        assert talk.state.script.locale == "en"
        declared: Any = next(t for t in talk.llm.tools[0] if t.id == "switch_language")
        offered = declared.info.raw_schema["parameters"]["properties"]["locale"]["enum"]
        assert set(offered) == {"es", "fr", "de"}


async def test_unknown_functions_and_arguments_change_nothing() -> None:
    replies = [
        Says(calls=[("no_such_function", {"x": 1})]),
        Says("Let me put it differently."),
        Says(calls=[("record_driven_before", {"__unexpected__": [1, {}]})]),
        Says("I see."),
    ]
    async with Talk(*replies) as talk:
        await talk.says("Hello")
        await talk.says("Hello again")
        assert set(talk.values.values()) == {None}


async def test_script_without_questions_or_locales_declares_no_functions_for_them(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "general_welcome"
    folder.mkdir()
    (folder / "en.md").write_text(
        "---\nversion: 1\nopening: Hello, I am an AI.\nclosing: Bye!\nwelcome_text: Welcome!\n"
        "---\nYou are kind.\n"
    )
    scripted = ScriptedLLM(Says("Hello!"))
    state = GreetingState(metadata=JobMetadata(), library=load_library(tmp_path))
    conversation = Conversation(scripted, state, None)
    async with conversation.session as session:
        await session.start(conversation.agent, record=False)
        await session.run(user_input="Hi")
    assert [tool.id for tool in scripted.tools[0]] == ["speak_slower", "end_greeting"]


async def test_transcript_marks_typed_lines() -> None:
    async with Talk(Says("It is short.")) as talk:
        await talk.conversation.lines.say("Hello Ada!")
        await talk.conversation.answer_typed("How long is it?")
        await talk.conversation.session.wait_for_idle()
        said = [(line.who, line.text, line.typed) for line in talk.lines]
        assert said == [
            ("guide", "Hello Ada!", False),
            ("trainee", "How long is it?", True),
            ("guide", "It is short.", False),
        ]


async def said_in_time(talk: Talk, clock: Clock, line: str) -> str:
    """Return what the agent says to a line, and set the clock forward while the model is slow."""
    saying = asyncio.create_task(talk.says(line))
    while not saying.done():
        await clock.advance(0.25)
    return said(await saying)


async def test_slow_reply_starts_with_the_filler_phrase(clock: Clock) -> None:
    async with Talk(Says("Ten minutes.", after_s=3), Says("At once.")) as talk:
        heard = await said_in_time(talk, clock, "How long is it?")
        assert heard == f"{talk.state.script.filler} Ten minutes."
        assert said(await talk.says("And when?")) == "At once."


async def test_filler_phrase_is_said_if_the_model_pauses_within_the_first_clause(
    clock: Clock,
) -> None:
    reply = Says("The vid", pause_s=3, rest="eo is short.")
    async with Talk(reply) as talk:
        heard = await said_in_time(talk, clock, "How long is it?")
        assert heard == f"{talk.state.script.filler} The video is short."


async def test_filler_phrase_is_said_once_a_turn(clock: Clock) -> None:
    slow_call = Says(calls=[saved("driven_before", True)], after_s=3)
    async with Talk(slow_call, Says("For how long?", after_s=3)) as talk:
        heard = await said_in_time(talk, clock, "Yes")
        assert heard.split() == f"{talk.state.script.filler} For how long?".split()


@pytest.mark.parametrize("value", [True, "perhaps"])
async def test_model_continues_after_its_next_question_only_if_an_answer_was_refused(
    value: object,
) -> None:
    asked = Says("Thank you. And for how long?", calls=[saved("driven_before", value)])
    async with Talk(asked, Says("Would you say yes or no?")) as talk:
        heard = said(await talk.says("Yes"))
        assert talk.llm.left == (1 if value is True else 0)
        assert heard.startswith("Thank you. And for how long?")


async def test_fallback_model_starts_a_broken_reply_over() -> None:
    reply = Says("Well, it takes about ten", breaks_off=True)
    async with Talk(reply, second=Says("It takes ten minutes.")) as talk:
        heard = said(await talk.says("How long is it?"))
        assert heard.split() == "Well, It takes ten minutes.".split()


async def test_nothing_is_said_of_a_reply_that_breaks_off_in_its_first_clause() -> None:
    reply = Says("It takes about ten", breaks_off=True)
    async with Talk(reply, second=Says("It takes ten minutes.")) as talk:
        assert said(await talk.says("How long is it?")) == "It takes ten minutes."


async def test_fallback_model_does_not_repeat_complete_sentences() -> None:
    reply = Says("That is a good question. It takes about ten", breaks_off=True)
    second = Says("That is a good question. It takes ten minutes.")
    async with Talk(reply, second=second) as talk:
        heard = said(await talk.says("How long is it?"))
        assert heard.split() == "That is a good question. It takes ten minutes.".split()


async def test_failed_model_is_not_asked_again_in_the_background() -> None:
    replies = [Says("It is", breaks_off=True), Says("probed")]
    async with Talk(*replies, second=Says("It is short.")) as talk:
        await talk.says("How long is it?")
        await talk.conversation.session.wait_for_idle()
        assert talk.llm.left == 1


def said(run: RunResult[Any]) -> str:
    return " ".join(
        event.item.text_content or ""
        for event in run.events
        if event.type == "message" and event.item.role == "assistant"
    )


async def test_stop_recording_stops_once() -> None:
    stop = Says(calls=[("stop_recording", {})])
    async with Talk(stop, Says("It is deleted."), stop, Says("It is."), recorded=True) as talk:
        for said in ("The recording has stopped and is deleted", "Nothing is being recorded"):
            run = await talk.says("Please do not record me")
            run.expect.next_event().is_function_call(name="stop_recording")
            output = run.expect.next_event().is_function_call_output(is_error=False)
            assert output.event().item.output.startswith(said)
            run.expect.next_event().is_message(role="assistant")
        assert talk.state.recording is not None
        assert talk.state.recording.status == "withdrawn"


async def test_stop_recording_is_declared_only_if_the_trainee_may_be_recorded() -> None:
    async with Talk() as talk, Talk(recorded=True) as recorded:
        assert "stop_recording" not in [tool.id for tool in talk.conversation.agent.tools]
        assert "stop_recording" in [tool.id for tool in recorded.conversation.agent.tools]


async def test_switch_language_accepts_any_spelling_of_a_locale() -> None:
    async with Talk(Says(calls=[("switch_language", {"locale": "ES-mx"})]), Says("Claro.")) as talk:
        await talk.says("¿En español?")
        assert talk.state.script.locale == "es"
        assert talk.conversation.script_in_use.switch_language("es-AR") is None, (
            "the script is in this language already"
        )
        assert talk.conversation.script_in_use.switch_language("") is None
        assert talk.conversation.script_in_use.switch_language("pt") is None


async def test_reply_being_generated_when_the_avatar_leaves_is_said_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timely_reply, "_FILLER_AFTER_S", 60)
    async with Talk(Says("Ten minutes.", after_s=0.3)) as talk:
        session = talk.conversation.session
        answer = session.generate_reply(user_input="How long is it?")
        await state(talk, "thinking")
        talk.lose_avatar()
        await answer
        await session.wait_for_idle()
        assert [item.text_content for item in answer.chat_items] == ["Ten minutes."]
        assert session.current_speech is None
        assert talk.captions == ["Ten minutes."]


async def test_nothing_is_repeated_when_the_avatar_leaves_while_the_agent_listens() -> None:
    async with Talk(Says("Ten minutes.")) as talk:
        await talk.says("How long is it?")
        talk.lose_avatar()
        await talk.conversation.session.wait_for_idle()
        assert talk.captions == ["Ten minutes."]


async def test_line_being_said_when_the_avatar_leaves_is_repeated() -> None:
    async with Talk() as talk:
        talk.conversation.session.say("Hello Ada!")
        await state(talk, "speaking")
        talk.lose_avatar()
        await talk.conversation.session.wait_for_idle()
        assert talk.captions == ["Hello Ada!", "Hello Ada!"]


async def test_agent_continues_in_text_if_voices_fail_in_three_lines_in_a_row() -> None:
    async with Talk() as talk:
        talk.repeat_lost_lines()
        talk.conversation.session.say("Hello Ada!")
        for _ in range(3):
            assert not talk.count(NoVoiceLeft)
            await state(talk, "speaking")
            talk.events.emit(VoiceFailedOver())
            await state(talk, "listening")
        assert talk.count(NoVoiceLeft) == 1


async def test_voice_that_fails_in_each_check_in_does_not_end_the_speech() -> None:
    async with Talk() as talk:
        talk.repeat_lost_lines()
        for _ in range(3):
            talk.conversation.session.say("Are you still there?")
            await state(talk, "speaking")
            talk.events.emit(VoiceFailedOver())
            await talk.conversation.session.wait_for_idle()  # it is repeated by another voice
        assert talk.captions == ["Are you still there?"] * 6
        assert not talk.count(NoVoiceLeft)


async def state(talk: Talk, wanted: str) -> None:
    async with asyncio.timeout(30):  # a state may be shorter than the interval of `until`
        while talk.conversation.session.agent_state != wanted:
            await asyncio.sleep(0)
