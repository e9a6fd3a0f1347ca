"""What trainees type is recorded correctly or not at all: the demo's model, and our functions.

`typed_answers.json` has answers in four languages by question and result: the value, `skip`,
`again` (nothing is recorded, and the model asks again) or `text` (the answer itself). `aside` has
words that answer none of the questions.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from agent.conversation.answers import Answers
from agent.conversation.function_tools import FunctionTools
from agent.conversation.state import GreetingState
from agent.core.events import Events
from agent.core.job_metadata import JobMetadata
from agent.demo.providers.gemini.interview import answer
from agent.demo.providers.gemini.messages import Request, Turn
from agent.scripts import Library, load_library

TYPED: dict[str, Any] = json.loads(
    Path(__file__).with_name("typed_answers.json").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """One script with the questions of the file."""
    root = tmp_path_factory.mktemp("prompts")
    (root / "general_welcome").mkdir()
    for locale, content in TYPED.items():
        asks, labels = content["questions"], content["labels"]
        unit = {"minimum": 0, "maximum": 60, "unit": content["unit"]}
        questions = [
            {"id": "driven", "type": "yes_no", "ask": asks["driven"]},
            {"id": "first", "type": "yes_no", "ask": asks["first"]},
            {"id": "years", "type": "number", "ask": asks["years"], **unit},
            {"id": "truck", "type": "choice", "ask": asks["truck"], "choices": labels["truck"]},
            {
                "id": "experience",
                "type": "choice",
                "ask": asks["experience"],
                "choices": labels["experience"],
            },
            {"id": "hopes", "type": "text", "ask": asks["hopes"]},
        ]
        fields = {"version": 1, "questions": questions}
        fields |= dict.fromkeys(("opening", "closing", "welcome_text"), "Hello!")
        text = f"---\n{json.dumps(fields, ensure_ascii=False)}\n---\nA kind guide.\n"
        (root / "general_welcome" / f"{locale}.md").write_text(text, encoding="utf-8")
    return load_library(root)


def state_in(locale: str, library: Library) -> GreetingState:
    metadata = JobMetadata.model_validate({"locale": locale})
    return GreetingState(metadata=metadata, library=library)


async def result_of(said: str, id: str, state: GreetingState) -> object:
    """What becomes of an answer: its value, `skip` or `again`."""
    (question,) = [q for q in state.script.questions if q.id == id]
    tools = {t.id: t for t in FunctionTools(state, cast(Any, None)).declared()}
    schemas = [cast(Any, tool).info.raw_schema for tool in tools.values()]
    functions = {s["name"]: {"parametersJsonSchema": s["parameters"]} for s in schemas}
    turns = [Turn("model", question.ask), Turn("user", said)]
    instructions = f"{state.script.instructions}\n\nAlready recorded: nothing. next: {id}"
    reply = answer(Request(instructions, turns, functions))
    responses = []
    for call in reply.calls:
        function = cast("Callable[..., Awaitable[str]]", tools[call["name"]])
        output = await function(raw_arguments=call["args"])
        responses.append({"name": call["name"], "response": {"output": output}})
    if reply.calls:
        turns += [Turn("model", calls=tuple(reply.calls)), Turn("user", responses=tuple(responses))]
        reply = answer(Request(instructions, turns, functions))
    assert not reply.calls, reply
    others = {id_ for id_, a in state.answers.given.items() if a.status != "open"} - {id}
    assert not others
    given = state.answers.given[id]
    if given.status == "open":
        assert reply.text.endswith(question.ask), reply
        return "again"
    return "skip" if given.status == "declined" else given.value


@pytest.mark.parametrize("locale", TYPED)
@pytest.mark.parametrize("id", TYPED["en"]["questions"])
async def test_typed_answers_are_recorded_correctly_or_asked_again(
    locale: str, id: str, library: Library
) -> None:
    wrong = []
    state = state_in(locale, library)
    for key, texts in TYPED[locale]["answers"][id].items():
        for said in texts:
            state.answers = Answers(state.script.questions, Events())
            expected: object = said if key == "text" else key
            if id == "years" and key.isdigit():
                expected = int(key)
            elif id in ("driven", "first") and key in ("true", "false"):
                expected = key == "true"
            result = await result_of(said, id, state)
            if (result, type(result)) != (expected, type(expected)):
                wrong.append(f"{said!r}: {result!r} instead of {expected!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("locale", TYPED)
@pytest.mark.parametrize("id", ["driven", "first", "years", "truck", "experience"])
async def test_words_that_do_not_answer_are_not_recorded(
    locale: str, id: str, library: Library
) -> None:
    recorded = []
    state = state_in(locale, library)
    for said in TYPED[locale]["aside"]:
        state.answers = Answers(state.script.questions, Events())
        if (result := await result_of(said, id, state)) != "again":
            recorded.append(f"{said!r}: {result!r}")
    assert not recorded, "\n".join(recorded)
