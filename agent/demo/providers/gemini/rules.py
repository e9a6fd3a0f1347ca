"""What Gemini refuses, as far as Google documents it; `models.json` has the sources."""

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
TEXT_MODELS: Final = (*_RULES["levels"], *_RULES["budgets"], *_RULES["without_thinking"])
MODELS: Final = frozenset({*TEXT_MODELS, *_RULES["speech"]})


def signature_of(model: str) -> str:
    """The thought signature of a function call."""
    return base64.b64encode(f"thought of {model}".encode()).decode()


def problem(model: str, body: dict[str, Any], deadline: str, *, speech: bool) -> str:
    """The message of the answer of 400; empty if Google accepts the request.

    Args:
        deadline: the header X-Server-Timeout, in seconds; may be empty.
        speech: the request asks for sound.

    Raises:
        KeyError, TypeError, AttributeError: the body has another shape.
    """
    return next(_problems(model, body, deadline, speech), "")


def _problems(model: str, body: dict[str, Any], deadline: str, speech: bool) -> Iterator[str]:
    if deadline and float(deadline) < _SHORTEST_DEADLINE_S:
        yield (
            f"Manually set deadline {deadline}s is too short. Minimum allowed deadline is "
            f"{_SHORTEST_DEADLINE_S}s."
        )
    if speech is not (model in _RULES["speech"]):
        kind = "AUDIO" if speech else "TEXT"
        yield f"The requested combination of response modalities ({kind}) is not supported."
    if not body.get("contents"):
        yield "* GenerateContentRequest.contents: contents is not specified\n"
    if not speech:
        yield from _thinking(model, body.get("generationConfig") or {})
        yield from _turns(model, body["contents"])
        for tool in body.get("tools") or []:
            for declaration in tool.get("functionDeclarations") or []:
                yield from _declaration(declaration)


def _thinking(model: str, config: dict[str, Any]) -> Iterator[str]:
    thinking = config.get("thinkingConfig") or {}
    level, budget = str(thinking.get("thinkingLevel") or ""), thinking.get("thinkingBudget")
    levels = _RULES["levels"].get(model, "").split()
    if level and budget is not None:
        yield "You can only set only one of thinking budget and thinking level."
    if level and level.lower() not in levels:
        named = f"Thinking level {level.upper()} is" if levels else "Thinking level is"
        yield f"{named} not supported for this model."
    if budget is not None and not levels:
        low, high = _RULES["budgets"].get(model, (0, -1))
        if budget != -1 and not low <= budget <= high:
            yield f"Thinking budget {budget} is invalid. Please choose from {low} to {high}."
    if model.startswith("gemini-3") and {"presencePenalty", "frequencyPenalty"} & set(config):
        yield "Penalty is not enabled for this model"


def _turns(model: str, contents: list[dict[str, Any]]) -> Iterator[str]:
    """Problems of the order of turns, of function calls and of their signatures."""
    calls, before = 0, ""
    for index, content in enumerate(contents):
        role, parts = content.get("role", "user"), content.get("parts") or []
        if role not in ("user", "model"):
            yield "Please use a valid role: user, model."
        if not all(set(part) - {"thoughtSignature", "thought"} for part in parts) or not parts:
            where = f"contents[{index}].parts"
            yield f"* GenerateContentRequest.{where}: contents.parts must not be empty."
        called = [part for part in parts if "functionCall" in part]
        answered = [part for part in parts if "functionResponse" in part]
        if called and (role != "model" or before not in ("user", "response")):
            yield (
                "Please ensure that function call turn comes immediately after a user turn or "
                "after a function response turn."
            )
        if answered and before != "call":
            yield (
                "Please ensure that function response turn comes immediately after a function "
                "call turn."
            )
        if before == "call" and len(answered) != calls:
            yield (
                "Please ensure that the number of function response parts is equal to the number "
                "of function call parts of the function call turn."
            )
        if called and model in _RULES["levels"]:
            yield from _signature(model, called[0], index + 1)
        calls = len(called)
        before = "call" if called else "response" if answered else role
    if before in ("call", "model"):
        yield "Requests whose last turn has the role model are not supported."


def _signature(model: str, part: dict[str, Any], position: int) -> Iterator[str]:
    signature = part.get("thoughtSignature", "")
    others = _RULES["signatures_of_others"]
    encoded = [base64.b64encode(each.encode()).decode() for each in others]
    if not signature:
        name = part["functionCall"]["name"]
        yield (
            "Function call is missing a thought_signature in functionCall parts. This is required "
            "for tools to work correctly, and missing thought_signature may lead to degraded model "
            f"performance. Additional data, function call `default_api:{name}` , position "
            f"{position}. Please refer to "
            "https://ai.google.dev/gemini-api/docs/thought-signatures for more details."
        )
    elif signature not in (signature_of(model), *others, *encoded):
        yield "Corrupted thought signature."


def _declaration(declaration: dict[str, Any]) -> Iterator[str]:
    name = str(declaration.get("name", ""))
    if not _NAME.fullmatch(name) or not declaration.get("description"):
        yield f"* GenerateContentRequest.tools[0].function_declarations: invalid name {name!r}."
    schema = declaration.get("parametersJsonSchema") or declaration.get("parameters") or {}
    if unknown := set(_keywords(schema)) - _KEYWORDS:
        yield f'Invalid JSON payload received. Unknown name "{min(unknown)}": Cannot find field.'


def _keywords(schema: Any) -> Iterator[str]:
    """Every keyword of a JSON schema and of the schemas in it."""
    if not isinstance(schema, dict):
        return
    for keyword, value in schema.items():
        yield keyword
        named = keyword in ("properties", "$defs")
        inner = list(value.values()) if named else value if isinstance(value, list) else [value]
        for each in inner:
            yield from _keywords(each)
