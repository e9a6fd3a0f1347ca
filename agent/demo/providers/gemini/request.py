"""The request of a `streamGenerateContent` call, as far as the stand-in reads it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

_INSTRUCTIONS = re.compile("<instructions>.*?</instructions>", re.S)
"""livekit-plugins-google writes instructions for one reply into the trainee's turn."""


@dataclass(frozen=True)
class Turn:
    """One entry of `contents`."""

    role: str
    """`user` or `model`"""
    text: str = ""
    calls: tuple[dict[str, Any], ...] = ()
    """Functions that the model called, with `name` and `args`."""
    responses: tuple[dict[str, Any], ...] = ()
    """What they answered, with `name` and `response`."""

    @classmethod
    def parse(cls, content: dict[str, Any]) -> Turn:
        parts = content.get("parts") or []
        text = " ".join(part["text"] for part in parts if part.get("text")).strip()
        text = _INSTRUCTIONS.sub("", text).strip() or text
        return cls(
            content.get("role", "user"),
            "" if text == "." else text,  # livekit-plugins-google makes the last turn the user's
            tuple(part["functionCall"] for part in parts if "functionCall" in part),
            tuple(part["functionResponse"] for part in parts if "functionResponse" in part),
        )


@dataclass
class Request:
    """What the model is asked."""

    instruction: str
    turns: list[Turn]
    functions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The declarations of the functions it may call, by name."""
    tokens: int = 0
    model: str = ""
    most_tokens: int = 0
    """Limit of the reply; 0 for none."""

    @classmethod
    def parse(cls, body: dict[str, Any], model: str) -> Request:
        """Read a body.

        Raises:
            ValueError, KeyError, TypeError, AttributeError: the body has another shape.
        """
        instruction = body.get("systemInstruction") or body.get("system_instruction") or {}
        turns = [Turn.parse(content) for content in body.get("contents") or []]
        tools = body.get("tools") or []
        return cls(
            "\n".join(part.get("text", "") for part in instruction.get("parts") or []),
            [turn for turn in turns if turn.text or turn.calls or turn.responses],
            {f["name"]: f for tool in tools for f in tool.get("functionDeclarations") or []},
            len(json.dumps(body)) // 4,
            model,
            int((body.get("generationConfig") or {}).get("maxOutputTokens") or 0),
        )

    @property
    def user_text(self) -> str:
        """What the trainee said last."""
        return next((t.text for t in reversed(self.turns) if t.role == "user" and t.text), "")

    @property
    def model_texts(self) -> list[str]:
        """What the model has said, oldest first."""
        return [turn.text for turn in self.turns if turn.role == "model" and turn.text]

    @property
    def responses(self) -> list[dict[str, Any]]:
        """What functions have answered, oldest first."""
        return [response for turn in self.turns for response in turn.responses]
