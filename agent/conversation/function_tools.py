"""The functions that the model may call during a conversation.

Each returns one sentence for the model. A script declares only the functions it has a use for,
because every declaration costs the model attention.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

from livekit.agents import Agent, StopResponse, function_tool, llm

from agent.conversation.state import GreetingState
from agent.core.events import ClosingRequested, Events, RecordingDeclined

END_GREETING: Final = "end_greeting"

Tools = list[llm.Tool | llm.Toolset]

_QUESTION_VALUE: Final = {
    "description": "yes_no: true or false. number: the number. choice: the choice's id. "
    "text: their own words, shortened, in their language.",
    "anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}],
}


class Speaker(Protocol):
    """What the functions can change about the way the agent speaks; see `Conversation`."""

    def switch_language(self, locale: str) -> Agent | None: ...

    def slow_down(self) -> bool: ...


class FunctionTools:
    """The functions of one conversation."""

    def __init__(self, state: GreetingState, events: Events, speaker: Speaker) -> None:
        self._state = state
        self._events = events
        self._speaker = speaker

    def declared(self) -> Tools:
        """The functions for the script in use."""
        script = self._state.script
        ids = [question.id for question in script.questions]
        question = {"type": "string", "enum": ids, "description": "The question's id."}
        others = [tag for tag in script.locales if tag != script.locale]
        locale = {"type": "string", "enum": others, "description": "The language from now on."}
        tools: Tools = []
        if ids:
            tools += [
                _declare(
                    self._record_answer,
                    "record_answer",
                    "Save the trainee's answer to a question, at once, also one given in passing, "
                    "and again when they correct it.",
                    question=question,
                    value=_QUESTION_VALUE,
                ),
                _declare(
                    self._skip_question,
                    "skip_question",
                    "The trainee would rather not answer this question, or passed over it.",
                    question=question,
                ),
            ]
        if others:
            tools.append(
                _declare(
                    self._switch_language,
                    "switch_language",
                    "The trainee speaks, or asks for, another of these languages. Call this before "
                    "you say anything, and say nothing else.",
                    locale=locale,
                )
            )
        tools.append(
            _declare(
                self._speak_slower,
                "speak_slower",
                "The trainee asks you to speak more slowly.",
            )
        )
        if self._state.may_be_recorded:
            tools.append(
                _declare(
                    self._stop_recording,
                    "stop_recording",
                    "The trainee would rather not be recorded. Call this before you say anything.",
                )
            )
        tools.append(
            _declare(
                self._end_greeting,
                END_GREETING,
                "All is said, or the trainee wants to go on to the video. The closing line is said "
                "for you: say nothing more.",
            )
        )
        return tools

    async def _record_answer(self, raw_arguments: dict[str, object]) -> str:
        question = _text(raw_arguments, "question")
        return self._state.answers.record(question, raw_arguments.get("value"))

    async def _skip_question(self, raw_arguments: dict[str, object]) -> str:
        return self._state.answers.skip(_text(raw_arguments, "question"))

    async def _switch_language(self, raw_arguments: dict[str, object]) -> Agent | str:
        agent = self._speaker.switch_language(_text(raw_arguments, "locale"))
        if agent is None:
            locale = self._state.script.locale
            return f"Continue in {locale}; the script has no other language for this."
        return agent

    async def _speak_slower(self, raw_arguments: dict[str, object]) -> str:
        slower = self._speaker.slow_down()
        how = "Your voice is slower now." if slower else "Your voice has no slower pace."
        return f"{how} Use short, simple sentences, and say again what they missed."

    async def _stop_recording(self, raw_arguments: dict[str, object]) -> str:
        recording = self._state.recording
        if recording is None or recording.status not in ("recording", "cut_short"):
            return "Nothing is being recorded. Say so in one sentence, and go on."
        self._events.emit(RecordingDeclined())
        return "The recording has stopped and is deleted. Say so in one sentence, and go on."

    async def _end_greeting(self, raw_arguments: dict[str, object]) -> None:
        self._events.emit(ClosingRequested("asked"))
        raise StopResponse


def _text(arguments: dict[str, object], name: str) -> str:
    return str(arguments.get(name, ""))


def _declare(function: Any, name: str, description: str, **properties: object) -> llm.Tool:
    """Declare a function to the model; every argument is required."""
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    schema = {"name": name, "description": description, "parameters": parameters}
    tool: llm.Tool = function_tool(function, raw_schema=schema)
    return tool
