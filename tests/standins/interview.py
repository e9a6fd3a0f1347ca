"""An interview with the interlocutor: a shipped script's instruction, and functions that answer.

The functions answer as the worker's do, in one English sentence; the worker's own are not started.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agent.core.job_metadata import JobMetadata
from agent.demo import interlocutor
from agent.demo.interlocutor import Reply, Response, ToolCall, Turn
from agent.scripts.library import PROMPTS, load_library
from agent.scripts.rendering import RenderedScript, render_script
from agent.scripts.schema import ChoiceQuestion, NumberQuestion
from agent.scripts.selection import select_script

LOCALES = ["en", "es", "fr", "de"]


def script(training: str, locale: str) -> RenderedScript:
    """What the worker has for this trainee."""
    library = load_library(PROMPTS)
    asked = {
        "session_id": "s",
        "training_type": training,
        "locale": locale,
        "trainee": {"name": "Ada"},
    }
    metadata = JobMetadata.model_validate(asked)
    return render_script(library, select_script(library, metadata), metadata)


@dataclass
class Interview:
    """A whole conversation in one script."""

    training: str
    locale: str
    turns: list[Turn] = field(default_factory=list)
    saved: dict[str, Any] = field(default_factory=dict)
    """By question; None: skipped."""
    ended: bool = False

    def __post_init__(self) -> None:
        self.script = script(self.training, self.locale)
        self.turns.append(Turn("model", self.script.opening))

    @property
    def functions(self) -> list[dict[str, Any]]:
        question = {"type": "string", "enum": [q.id for q in self.script.questions]}
        locale = {"type": "string", "enum": LOCALES}
        declared = {
            "record_answer": {"question": question, "value": {}},
            "skip_question": {"question": question},
            "switch_language": {"locale": locale},
            "end_greeting": {},
        }
        return [
            {"name": n, "parametersJsonSchema": {"properties": p, "required": list(p)}}
            for n, p in declared.items()
        ]

    def reply(self) -> Reply:
        return interlocutor.reply(self.script.instructions, self.turns, self.functions)

    def say(self, text: str) -> str:
        """The trainee says it; what the guide says then, after all calls."""
        self.turns.append(Turn("trainee", text))
        while True:
            answer = self.reply()
            if not answer.calls:
                self.turns.append(Turn("model", answer.text))
                return answer.text
            calls = tuple(ToolCall(c["name"], c["args"]) for c in answer.calls)
            self.turns.append(Turn("model", answer.text, calls=calls))
            responses = tuple(self._answer(call) for call in calls)
            if self.ended:
                return ""
            self.turns.append(Turn("trainee", responses=responses))

    def _answer(self, call: ToolCall) -> Response:
        asked = str(call.args.get("question", ""))
        said = "Done"
        if call.name == "end_greeting":
            self.ended = True
        elif call.name == "switch_language":
            self.locale = call.args["locale"]
            self.script = script(self.training, self.locale)
        elif call.name == "skip_question":
            self.saved[asked] = None
        elif self._takes(asked, call.args["value"]):
            self.saved[asked] = call.args["value"]
        else:
            said = "That was not clear: ask once more"
        left = [q.id for q in self.script.questions if q.id not in self.saved]
        open_next = f"next: {left[0]}" if left else "none open"
        return Response(call.name, {"output": f"{said}. {open_next}."})

    def _takes(self, name: str, value: Any) -> bool:
        question = next(q for q in self.script.questions if q.id == name)
        if isinstance(question, ChoiceQuestion):
            return value in question.choices
        if isinstance(question, NumberQuestion):
            return isinstance(value, int | float) and not isinstance(value, bool)
        return isinstance(value, bool) if question.type == "yes_no" else isinstance(value, str)
