"""A conversation with Gemini's stand-in: a shipped script, and functions that answer as ours do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from agent.conversation.answers import Answers
from agent.conversation.function_tools import FunctionTools
from agent.conversation.state import GreetingState
from agent.core.events import Events
from agent.core.job_metadata import JobMetadata
from agent.demo.providers.gemini.interview import answer
from agent.demo.providers.gemini.messages import Reply, Request, Turn
from agent.scripts import RenderedScript, script_for

LOCALES = ["en", "es", "fr", "de"]


def script(training: str, locale: str) -> RenderedScript:
    """What the worker has for this trainee."""
    asked = {
        "session_id": "s",
        "training_type": training,
        "locale": locale,
        "trainee": {"name": "Ada"},
    }
    metadata = JobMetadata.model_validate(asked)
    return script_for(metadata)


@dataclass
class Interview:
    """A whole conversation in one script."""

    training: str
    locale: str
    turns: list[Turn] = field(default_factory=list)
    ended: bool = False
    called: list[str] = field(default_factory=list)
    """Names of all functions the stand-in called."""

    def __post_init__(self) -> None:
        self.script = script(self.training, self.locale)
        self.answers = Answers(self.script.questions, Events())
        self.turns.append(Turn("model", self.script.opening))

    @property
    def saved(self) -> dict[str, Any]:
        """Values by question id; None: skipped."""
        given = self.answers.given.items()
        return {id: answer.value for id, answer in given if answer.status != "open"}

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        """What the product declares for this script, by name."""
        metadata = JobMetadata(training_type=self.training, locale=self.locale)
        state = GreetingState(metadata=metadata, may_be_recorded=True)
        declared = FunctionTools(state, cast(Any, None)).declared()
        schemas = [cast(Any, tool).info.raw_schema for tool in declared]
        return {s["name"]: {"parametersJsonSchema": s["parameters"]} for s in schemas}

    def reply(self) -> Reply:
        return answer(Request(self.script.instructions, self.turns, self.functions))

    def say(self, text: str) -> str:
        """The trainee says it; returns the stand-in's words after all function calls."""
        self.turns.append(Turn("user", text))
        while True:
            answer = self.reply()
            if not answer.calls:
                self.turns.append(Turn("model", answer.text))
                return answer.text
            calls = tuple(answer.calls)
            self.called += [call["name"] for call in calls]
            self.turns.append(Turn("model", answer.text, calls=calls))
            responses = tuple(self._call(**call) for call in calls)
            if self.ended:
                return ""
            self.turns.append(Turn("user", responses=responses))

    def _call(self, name: str, args: dict[str, Any]) -> dict[str, Any]:
        output = "Done."
        if name == "end_greeting":
            self.ended = True
        elif name == "switch_language":
            self.locale = args["locale"]
            self.script = script(self.training, self.locale)
            self.answers.rephrase(self.script.questions)
        elif name == "skip_question":
            output = self.answers.skip(args["question"])
        elif name.startswith("record_"):
            output = self.answers.record(name.removeprefix("record_"), args["value"])
        return {"name": name, "response": {"output": output}}
