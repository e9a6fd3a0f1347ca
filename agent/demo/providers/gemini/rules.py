"""Finds requests that Gemini refuses, as Google documents it; `models.json` has the sources."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

_RULES: Final[dict[str, Any]] = json.loads(
    Path(__file__).with_name("models.json").read_text(encoding="utf-8")
)
_KEYWORDS: Final = frozenset(_RULES["schema_keywords"].split())
_SHORTEST_DEADLINE_S: Final = 10
_NAME: Final = re.compile(r"[A-Za-z_][\w.:-]{0,63}")
MODELS: Final[dict[str, dict[str, Any]]] = _RULES["models"]
"""What each model takes: `levels` or a `budget` of thinking, or text to be read aloud."""


def speaks(model: str) -> bool:
    """Whether a model reads texts aloud."""
    return bool(MODELS.get(model, {}).get("speech"))


def signature_of(model: str) -> str:
    """The thought signature of a function call."""
    return base64.b64encode(f"thought of {model}".encode()).decode()


def problem(model: str, body: dict[str, Any], deadline: str) -> str:
    """Return the message of the response with status 400; empty if Google accepts the request.

    Args:
        deadline: the header X-Server-Timeout, in seconds; may be empty.

    Raises:
        KeyError, TypeError, AttributeError: the body has another shape.
    """
    return next(_problems(model, body, deadline), "")


def _problems(model: str, body: dict[str, Any], deadline: str) -> Iterator[str]:
    config = body.get("generationConfig") or {}
    modalities = config.get("responseModalities", ["TEXT"])
    speech = speaks(model)
    if deadline and float(deadline) < _SHORTEST_DEADLINE_S:
        yield message("deadline", deadline)
    if speech is not (modalities == ["AUDIO"]):
        yield message("modality", ", ".join(modalities))
    if not body.get("contents"):
        yield message("contents")
    if not speech:
        yield from _thinking(model, config)
        yield from _turns(model, body["contents"])
        for tool in body.get("tools") or []:
            for declaration in tool.get("functionDeclarations") or []:
                yield from _declaration(declaration)


def _thinking(model: str, config: dict[str, Any]) -> Iterator[str]:
    # Google reads the names in snake case, too.
    given = (config.get("thinkingConfig") or {}).items()
    thinking = {re.sub(r"_(\w)", lambda c: c[1].upper(), name): value for name, value in given}
    level, budget = str(thinking.get("thinkingLevel") or ""), thinking.get("thinkingBudget")
    levels = MODELS[model].get("levels", "").split()
    if level and budget is not None:
        yield message("both")
    if level and level.lower() not in levels:
        yield message("level" if levels else "no level", level.upper())
    low, high = (-1, 32_768) if levels else MODELS[model].get("budget", (0, -1))
    if budget is not None and budget != -1 and not low <= budget <= high:
        yield message("budget", budget, low, high)
    if model.startswith("gemini-3") and {"presencePenalty", "frequencyPenalty"} & set(config):
        yield message("penalty")


def _turns(model: str, contents: list[dict[str, Any]]) -> Iterator[str]:
    """Yield problems in the order of turns and function calls, and in thought signatures."""
    order, counts = "", [0]
    for index, content in enumerate(contents):
        role, parts = content.get("role", "user"), content.get("parts") or []
        if role not in ("user", "model"):
            yield message("role")
        if not parts or not all(set(part) - {"thoughtSignature", "thought"} for part in parts):
            yield message("parts", index)
        calls = [part for part in parts if "functionCall" in part]
        responses = [part for part in parts if "functionResponse" in part]
        if calls and "levels" in MODELS[model]:
            yield from _signature(model, calls[0], index + 1)
        if order.endswith("c") and len(responses) != counts[-1]:
            yield message("number")
        order += "c" if calls and role == "model" else "r" if responses else role[0]
        counts.append(len(calls))
    if re.search("(?<![ur])c", order):
        yield message("call")
    if re.search("(?<!c)r", order):
        yield message("response")
    if order[-1] in "mc":
        yield message("last")


def _signature(model: str, part: dict[str, Any], position: int) -> Iterator[str]:
    if not part.get("thoughtSignature"):
        yield message("signature", part["functionCall"]["name"], position)
    elif part["thoughtSignature"] not in (signature_of(model), *_RULES["signatures_of_others"]):
        yield message("corrupted")


def _declaration(declaration: dict[str, Any]) -> Iterator[str]:
    name = str(declaration.get("name", ""))
    if not _NAME.fullmatch(name) or not declaration.get("description"):
        yield message("function", name)
    schema = schema_of(declaration)
    if unknown := set(_keywords(schema)) - _KEYWORDS:
        yield message("keyword", min(unknown))
    properties = schema.get("properties", {})
    for missing in set(schema.get("required", [])) - set(properties):
        yield message("required", name, missing)
    for property in properties.values():
        if not all(isinstance(value, str) for value in property.get("enum", [])):
            yield message("enum", name)


def schema_of(declaration: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a function; the client sends one of the names in snake case."""
    names = ("parametersJsonSchema", "parameters_json_schema", "parameters")
    return next((declaration[name] for name in names if declaration.get(name)), {})


def message(name: str, *values: Any) -> str:
    text: str = _RULES["messages"][name]
    return text.format(*values)


def _keywords(schema: Any) -> Iterator[str]:
    """Every keyword of a JSON schema, or of a list of them, and of the schemas in it."""
    if isinstance(schema, list):
        for each in schema:
            yield from _keywords(each)
    elif isinstance(schema, dict):
        for keyword, value in schema.items():
            yield keyword
            named = keyword in ("properties", "$defs")
            yield from _keywords(list(value.values()) if named else value)
