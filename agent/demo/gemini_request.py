"""What a request to Gemini asks, read off the wire; it answers nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from agent.demo.interlocutor import Response, ToolCall, Turn


@dataclass(frozen=True)
class Request:
    """What the model is asked, as far as it matters here."""

    instruction: str
    turns: list[Turn]
    functions: list[dict[str, Any]]
    contents: int
    tokens: int

    @property
    def last(self) -> str:
        spoken = (turn.text for turn in reversed(self.turns) if turn.who == "trainee")
        return next((text for text in spoken if text), "")

    @property
    def responses(self) -> list[dict[str, Any]]:
        """What functions have answered, oldest first."""
        return [
            {"name": response.name, "response": response.content}
            for turn in self.turns
            for response in turn.responses
        ]


async def json_of(request: web.Request) -> Any:
    """The body; None where it is no JSON."""
    try:
        return await request.json()
    except ValueError:
        return None


def parse_request(body: dict[str, Any]) -> Request:
    """Read a body.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it has another shape.
    """
    contents = body.get("contents") or []
    instruction = body.get("systemInstruction") or body.get("system_instruction") or {}
    turns = [turn for content in contents if (turn := _turn(content))]
    functions = [
        function
        for tool in body.get("tools") or []
        for function in tool.get("functionDeclarations") or []
    ]
    system = "\n".join(part.get("text", "") for part in instruction.get("parts") or [])
    return Request(system, turns, functions, len(contents), len(json.dumps(body)) // 4)


def _turn(content: dict[str, Any]) -> Turn | None:
    parts = content.get("parts") or []
    text = " ".join(part["text"] for part in parts if part.get("text")).strip()
    if text == ".":  # the plugin's way to make the last turn the user's
        text = ""
    calls = [part["functionCall"] for part in parts if part.get("functionCall")]
    answers = [part["functionResponse"] for part in parts if part.get("functionResponse")]
    if not (text or calls or answers):
        return None
    return Turn(
        "model" if content.get("role") == "model" else "trainee",
        text,
        tuple(ToolCall(str(call["name"]), call.get("args") or {}) for call in calls),
        tuple(Response(str(a.get("name", "")), a.get("response") or {}) for a in answers),
    )
