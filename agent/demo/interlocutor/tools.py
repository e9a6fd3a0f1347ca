"""The functions a model may call, as their declarations say; it calls none itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from agent.demo.interlocutor.conversation import ToolCall
from agent.demo.interlocutor.wording import words

OURS = frozenset(
    {"record_answer", "skip_question", "switch_language", "speak_slower", "end_greeting"}
)
_ENDING = re.compile(
    r"end|finish|continue|proceed|go_?on|leave|goodbye|close|hang_?up|start_?(?:the_?)?(?:video|training)",
    re.I,
)
_PLAIN = frozenset("the a an to of for and or get set do is it my your you this that".split())


class Tools:
    """All declarations of one request."""

    def __init__(self, declarations: Sequence[dict[str, Any]]) -> None:
        self._declared = {str(each.get("name", "")): each for each in declarations}

    def __contains__(self, name: str) -> bool:
        return name in self._declared

    def allowed(self, name: str, argument: str) -> list[str] | None:
        """The values an argument may have, empty where any; None: there is no such function."""
        if name not in self._declared:
            return None
        properties = _schema(self._declared[name]).get("properties") or {}
        return [str(value) for value in (properties.get(argument) or {}).get("enum") or []]

    def ending(self, said: str) -> ToolCall | None:
        """The call for somebody who wants to go on; None: no function ends anything."""
        if "end_greeting" in self:
            return ToolCall("end_greeting", _arguments(self._declared["end_greeting"], said))
        for name, function in self._declared.items():
            about = f"{name} {function.get('description', '')}"
            if name not in OURS and _ENDING.search(about):
                return ToolCall(name, _arguments(function, said))
        return None

    def named_in(self, said: str) -> ToolCall | None:
        """A function not of ours whose whole name is in what was said."""
        spoken = set(words(said))
        for name, function in self._declared.items():
            named = set(re.findall(r"[a-z]{3,}", name.lower())) - _PLAIN
            if name not in OURS and named and named <= spoken:
                return ToolCall(name, _arguments(function, said))
        return None


def _schema(function: dict[str, Any]) -> dict[str, Any]:
    found = (
        function.get("parametersJsonSchema")
        or function.get("parameters_json_schema")
        or function.get("parameters")
    )
    return found if isinstance(found, dict) else {}


def _arguments(function: dict[str, Any], said: str) -> dict[str, Any]:
    return _required(_schema(function), said)


def _required(schema: dict[str, Any], said: str) -> dict[str, Any]:
    """Arguments that the schema allows, the required ones only."""
    properties = schema.get("properties") or {}
    return {n: _value(properties.get(n) or {}, said) for n in schema.get("required") or []}


def _value(schema: dict[str, Any], said: str) -> Any:
    if schema.get("enum"):
        return schema["enum"][0]
    kind = str(schema.get("type", "string")).lower()
    samples: dict[str, Any] = {"boolean": True, "integer": 1, "number": 1.0, "array": []}
    samples["object"] = _required(schema, said)
    return samples.get(kind, said)
