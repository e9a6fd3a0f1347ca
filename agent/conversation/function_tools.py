"""The functions that the model may call during a conversation.

Each question has its own function, `record_<id>`, that accepts only values of the question's type:
the model converts what the trainee says, and `Answers` refuses everything else. Each function
returns one sentence for the model. A script declares only the functions it has a use for, because
every declaration costs the model attention.

The schemas use only the keywords that Gemini accepts in `parametersJsonSchema`
(https://ai.google.dev/api/caching#FunctionDeclaration).
"""

from __future__ import annotations

import json
import math
from typing import Any, Final, Protocol

from livekit.agents import Agent, StopResponse, function_tool, llm, utils

from agent.conversation.answers import ACCEPTED
from agent.conversation.state import GreetingState
from agent.core.events import ClosingRequested, RecordingDeclined
from agent.scripts import ChoiceQuestion, NumberQuestion, Question, TextQuestion
from agent.speech.continued_reply import said_before_calls

END_GREETING: Final = "end_greeting"
_SWITCH_LANGUAGE: Final = "switch_language"
RECORD: Final = "record_"
"""A question's id follows."""

_SENT_MAX: Final = 80
"""Characters of refused arguments that the model is told again."""


class ScriptChanges(Protocol):
    """What the model can change about the script: see `ScriptInUse`."""

    def switch_language(self, locale: str) -> Agent | None: ...
    def slow_down(self) -> bool: ...


class FunctionTools:
    def __init__(self, state: GreetingState, script: ScriptChanges) -> None:
        self._state = state
        self._script = script

    def declared(self) -> list[llm.Tool | llm.Toolset]:
        """The functions for the script in use."""
        script = self._state.script
        tools: list[llm.Tool | llm.Toolset] = [self._record(each) for each in script.questions]
        if ids := [question.id for question in script.questions]:
            tools.append(self._skip_question(ids))
        if others := [tag for tag in script.locales if tag != script.locale]:
            tools.append(self._switch_language(others))
        tools.append(self._speak_slower())
        if self._state.may_be_recorded:
            tools.append(self._stop_recording())
        return [*tools, self._end_greeting()]

    def _record(self, question: Question) -> llm.Tool:
        async def record(raw_arguments: dict[str, object]) -> str:
            return (
                _refusal(raw_arguments, "value")
                or self._tapped(question.id)
                or self._state.answers.record(question.id, raw_arguments["value"])
            )

        return _declare(
            record,
            f"{RECORD}{question.id}",
            f"Save the trainee's answer to {question.id}, at once, also one given in passing, and "
            'again when they correct it. "I don\'t know", a question or a refusal is no answer.',
            value=_value_schema(question),
        )

    def _skip_question(self, ids: list[str]) -> llm.Tool:
        async def skip(raw_arguments: dict[str, object]) -> str:
            question = str(raw_arguments.get("question", ""))
            return (
                _refusal(raw_arguments, "question")
                or self._tapped(question)
                or self._state.answers.skip(question)
            )

        return _declare(
            skip,
            "skip_question",
            "The trainee does not know the answer to this question, would rather not say, or still "
            "gives no clear answer when asked again.",
            question={"type": "string", "enum": ids, "description": "The question's id."},
        )

    def _tapped(self, question: str) -> str:
        """What the model is told if a button has just answered the question; otherwise empty."""
        tapped = question != "" and question == self._state.tapped_question
        return self._state.answers.summary if tapped else ""

    def _switch_language(self, locales: list[str]) -> llm.Tool:
        async def switch(raw_arguments: dict[str, object]) -> Agent | str:
            agent = self._script.switch_language(str(raw_arguments.get("locale", "")))
            locale = self._state.script.locale
            return agent or f"Continue in {locale}; the script has no other language for this."

        return _declare(
            switch,
            _SWITCH_LANGUAGE,
            "The trainee speaks, or asks for, another of these languages. Call this before you say "
            "anything, and say nothing else.",
            locale={"type": "string", "enum": locales, "description": "The language from now on."},
        )

    def _speak_slower(self) -> llm.Tool:
        async def slow_down(raw_arguments: dict[str, object]) -> str:
            slower = self._script.slow_down()
            how = "Your voice is slower now." if slower else "Your voice has no slower pace."
            return f"{how} Use short, simple sentences, and say again what they missed."

        return _declare(slow_down, "speak_slower", "The trainee asks you to speak more slowly.")

    def _stop_recording(self) -> llm.Tool:
        async def stop(raw_arguments: dict[str, object]) -> str:
            recording = self._state.recording
            if recording is None or recording.status not in ("recording", "cut_short"):
                return "Nothing is being recorded. Say so in one sentence, and go on."
            self._state.events.emit(RecordingDeclined())
            return "The recording has stopped and is deleted. Say so in one sentence, and go on."

        return _declare(
            stop,
            "stop_recording",
            "The trainee would rather not be recorded. Call this before you say anything.",
        )

    def _end_greeting(self) -> llm.Tool:
        async def end(raw_arguments: dict[str, object]) -> None:
            self._state.events.emit(ClosingRequested("asked"))
            raise StopResponse

        return _declare(
            end,
            END_GREETING,
            "All is said, or the trainee wants to go on to the video. The closing line is said for "
            "you: say nothing more.",
        )


def has_asked_next(chat_ctx: llm.ChatContext) -> bool:
    """Return True if the model has asked a question beside function calls that saved answers.

    It then has nothing more to say in this turn, and would often ask the question again.
    """
    outputs: list[str] = []
    for item in chat_ctx.items:
        if item.type == "message" and item.role == "user":
            outputs = []
        elif item.type == "function_call_output":
            outputs.append(item.output)
    said = said_before_calls(chat_ctx).rstrip("\"')»” ")
    return said.endswith("?") and all(output.startswith(ACCEPTED) for output in outputs)


def call_of_switch_language(locale: str) -> llm.ChatChunk:
    """Return a call of `switch_language` for a model that has forgotten it."""
    call = llm.FunctionToolCall(
        name=_SWITCH_LANGUAGE,
        arguments=json.dumps({"locale": locale}),
        call_id=utils.shortuuid("switch_language_"),
    )
    delta = llm.ChoiceDelta(role="assistant", tool_calls=[call])
    return llm.ChatChunk(id=call.call_id, delta=delta)


def _refusal(arguments: dict[str, object], name: str) -> str:
    """Say what to send if the arguments are not exactly `name`; empty if they are."""
    if arguments.keys() == {name}:
        return ""
    sent = ", ".join(arguments)[:_SENT_MAX] or "no argument"
    return f"Send one argument, `{name}`, as the function declares it; you sent {sent}."


def _declare(function: Any, name: str, description: str, **properties: object) -> llm.Tool:
    """Declare a function to the model; every argument is required."""
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    if not properties:
        parameters = {}  # left out: the API has refused objects without properties
    schema = {"name": name, "description": description, "parameters": parameters}
    tool: llm.Tool = function_tool(function, raw_schema=schema)
    return tool


def _value_schema(question: Question) -> dict[str, object]:
    match question:
        case ChoiceQuestion():
            means = "; ".join(f"{id}: {words}" for id, words in question.choices.items())
            about = f"The id of the choice they mean. {means}"
            return {"type": "string", "enum": list(question.choices), "description": about}
        case NumberQuestion():
            low, high = question.minimum, question.maximum
            bounds: dict[str, float] = {}
            if low is not None:
                bounds["minimum"] = math.ceil(low) if question.whole else low
            if high is not None:
                bounds["maximum"] = math.floor(high) if question.whole else high
            kind = "integer" if question.whole else "number"
            about = (
                f"{question.expects}, in digits: 3 for three. Convert other units and fractions."
            )
            return {"type": kind, **bounds, "description": about[0].upper() + about[1:]}
        case TextQuestion():
            about = f"Their own words, shortened, in their language: {question.expects}."
            return {"type": "string", "description": about}
        case _:
            return {"type": "boolean", "description": "true if they mean yes, false if no."}
