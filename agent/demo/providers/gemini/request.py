"""The request of a `generateContent` call, as far as the stand-in reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class FunctionCall:
    """A function the model called."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FunctionResponse:
    """What a called function answered."""

    name: str
    content: dict[str, Any] = field(default_factory=dict)
    """As on the wire: `output`, `result` or `error`."""

    @property
    def text(self) -> str:
        return str(next((value for value in self.content.values() if value), ""))


@dataclass(frozen=True)
class Turn:
    """One entry of `contents`."""

    role: str
    """`user` or `model`"""
    text: str = ""
    calls: tuple[FunctionCall, ...] = ()
    responses: tuple[FunctionResponse, ...] = ()


@dataclass(frozen=True)
class Request:
    """What the model is asked."""

    instruction: str
    turns: list[Turn]
    functions: list[dict[str, Any]] = field(default_factory=list)
    """The declarations of the functions it may call."""
    contents: int = 0
    """Number of entries in `contents`."""
    tokens: int = 0

    @property
    def user_text(self) -> str:
        """What the trainee said last."""
        return next((t.text for t in reversed(self.turns) if t.role == "user" and t.text), "")

    @property
    def model_texts(self) -> list[str]:
        """What the model has said, oldest first."""
        return [turn.text for turn in self.turns if turn.role == "model" and turn.text]

    @property
    def responses(self) -> list[FunctionResponse]:
        """What functions have answered, oldest first."""
        return [response for turn in self.turns for response in turn.responses]


async def read_json(request: web.Request) -> Any:
    """The body; None if it is not JSON."""
    try:
        return await request.json()
    except ValueError:
        return None


def parse_request(body: dict[str, Any]) -> Request:
    """Read a body.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: the body has another shape.
    """
    contents = body.get("contents") or []
    instruction = body.get("systemInstruction") or body.get("system_instruction") or {}
    tools = body.get("tools") or []
    return Request(
        instruction="\n".join(part.get("text", "") for part in instruction.get("parts") or []),
        turns=[turn for content in contents if (turn := _turn(content))],
        functions=[f for tool in tools for f in tool.get("functionDeclarations") or []],
        contents=len(contents),
        tokens=len(json.dumps(body)) // 4,
    )


def _turn(content: dict[str, Any]) -> Turn | None:
    parts = content.get("parts") or []
    text = " ".join(part["text"] for part in parts if part.get("text")).strip()
    if text == ".":  # livekit-plugins-google adds this if the last turn is not the user's
        text = ""
    calls = [part["functionCall"] for part in parts if part.get("functionCall")]
    responses = [part["functionResponse"] for part in parts if part.get("functionResponse")]
    if not (text or calls or responses):
        return None
    return Turn(
        "model" if content.get("role") == "model" else "user",
        text,
        tuple(FunctionCall(str(call["name"]), call.get("args") or {}) for call in calls),
        tuple(FunctionResponse(str(r.get("name", "")), r.get("response") or {}) for r in responses),
    )
