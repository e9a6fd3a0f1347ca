"""The functions that the model may call: their schemas, and the arguments that they refuse."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from livekit.agents import llm
from livekit.plugins.google.utils import create_tools_config

from agent.conversation.function_tools import FunctionTools
from agent.conversation.state import GreetingState
from agent.core.job_metadata import JobMetadata
from agent.demo.providers.gemini.rules import problem
from agent.scripts import PROMPTS, load_library
from tests.support.script_files import VALID_SCRIPT

_IF_GLOVES = "{id: kind, type: number, ask: How many pairs?, whole: false, only_if: {gloves: true}}"


class Tools:
    """The functions for a script with one question of each type, and one that has a condition."""

    def __init__(self, root: Path) -> None:
        folder = root / "general_welcome"
        folder.mkdir()
        more = f"  - {_IF_GLOVES}\nwords: {{thing: glass}}"
        text = VALID_SCRIPT.replace("words: {thing: glass}", more).replace(
            "maximum: 60", "maximum: 60.5"
        )
        (folder / "en.md").write_text(text.replace("maximum: 60.5", "maximum: 60.5, unit: years"))
        self.state = GreetingState(metadata=JobMetadata(), library=load_library(root))
        self.tools = FunctionTools(self.state, cast(Any, None)).declared()

    @property
    def schemas(self) -> dict[str, dict[str, Any]]:
        """Parameters by function."""
        return {tool.id: cast(Any, tool).info.raw_schema["parameters"] for tool in self.tools}

    async def call(self, name: str, **arguments: object) -> str:
        (tool,) = [tool for tool in self.tools if tool.id == name]
        function = cast("Callable[..., Awaitable[str]]", tool)
        return await function(raw_arguments=arguments)

    @property
    def values(self) -> dict[str, object]:
        given = self.state.answers.given.items()
        return {id: answer.value for id, answer in given if answer.value is not None}


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(tmp_path)


def test_each_question_has_a_function_that_takes_one_typed_value(tools: Tools) -> None:
    assert list(tools.schemas)[:6] == [
        "record_nerves",
        "record_years",
        "record_gloves",
        "record_hopes",
        "record_kind",
        "skip_question",
    ]
    values = {}
    for name, schema in tools.schemas.items():
        assert not schema or schema["additionalProperties"] is False
        assert not schema or schema["required"] == list(schema["properties"])
        if name.startswith("record_"):
            ((argument, values[name]),) = schema["properties"].items()
            assert argument == "value"
            assert values[name].pop("description")
    assert values == {
        "record_nerves": {"type": "string", "enum": ["calm", "nervous"]},
        "record_years": {"type": "integer", "minimum": 0, "maximum": 60},
        "record_gloves": {"type": "boolean"},
        "record_hopes": {"type": "string"},
        "record_kind": {"type": "number"},
    }
    skip = tools.schemas["skip_question"]["properties"]["question"]
    assert skip["enum"] == ["nerves", "years", "gloves", "hopes", "kind"]


def test_descriptions_name_units_bounds_lengths_and_choices(tools: Tools) -> None:
    about = {
        name: schema["properties"]["value"]["description"]
        for name, schema in tools.schemas.items()
        if name.startswith("record_")
    }
    assert "calm: calm; nervous: a little nervous" in about["record_nerves"]
    assert "whole number of years from 0 to 60.5" in about["record_years"]
    assert "1 to 500 characters" in about["record_hopes"]


async def test_function_records_the_canonical_value(tools: Tools) -> None:
    for name, value in (("nerves", "calm"), ("years", 3), ("gloves", False), ("hopes", "rest")):
        assert (await tools.call(f"record_{name}", value=value)).startswith(f"Saved: {name} is ")
    assert tools.values == {"nerves": "calm", "years": 3, "gloves": False, "hopes": "rest"}


async def test_function_says_what_it_expects(tools: Tools) -> None:
    assert await tools.call("record_gloves", value="not sure") == (
        '`value` must be true or false; you sent "not sure". '
        "If the trainee does not know, call skip_question."
    )
    assert not tools.values


@pytest.mark.parametrize(
    ("name", "arguments", "sent"),
    [
        ("record_gloves", {}, "no argument"),
        ("record_gloves", {"gloves": True}, "gloves"),
        ("record_gloves", {"value": True, "question": "gloves"}, "value, question"),
        ("record_gloves", {"value": True, "x" * 900: 1}, "value, xxx"),
        ("skip_question", {}, "no argument"),
        ("skip_question", {"question": "gloves", "value": True}, "question, value"),
    ],
)
async def test_function_refuses_missing_and_extra_arguments(
    tools: Tools, name: str, arguments: dict[str, object], sent: str
) -> None:
    said = await tools.call(name, **arguments)
    expected = "question" if name == "skip_question" else "value"
    assert said.startswith(
        f"Send one argument, `{expected}`, as the function declares it; you sent"
    )
    assert sent in said
    assert len(said) < 200
    assert {answer.status for answer in tools.state.answers.given.values()} == {"open"}


async def test_function_refuses_a_question_whose_condition_does_not_hold(tools: Tools) -> None:
    assert "asked only if gloves is true" in await tools.call("record_kind", value=2)
    assert "asked only if gloves is true" in await tools.call("skip_question", question="kind")
    assert "There is no question 'shoes'" in await tools.call("skip_question", question="shoes")
    await tools.call("record_gloves", value=True)
    await tools.call("record_kind", value=2)
    assert tools.values == {"gloves": True, "kind": 2.0}
    await tools.call("record_gloves", value=False)
    assert tools.values == {"gloves": False}


def test_gemini_accepts_the_functions_of_every_shipped_script() -> None:
    library = load_library(PROMPTS)
    for name, locales in library.scripts.items():
        for locale in locales:
            known = {"training_type": name, "locale": locale}
            metadata = JobMetadata.model_validate(known)
            state = GreetingState(metadata=metadata, may_be_recorded=True)
            assert (state.script.name, state.script.locale) == (name, locale)
            declared = FunctionTools(state, cast(Any, None)).declared()
            config, _ = create_tools_config(llm.ToolContext(declared))
            tools = [t.model_dump(by_alias=True, exclude_none=True, mode="json") for t in config]
            functions = tools[0]["functionDeclarations"]
            assert len(functions) == len(declared)
            recorded = [f for f in functions if f["name"].startswith("record_")]
            assert all("value" in f["parametersJsonSchema"]["properties"] for f in recorded)
            body = {"contents": [{"parts": [{"text": "Hi"}]}], "tools": tools}
            assert problem("gemini-3.5-flash", body, "") == ""
