"""The request of a `streamGenerateContent` call, as far as the stand-in reads it, and its reply."""

from __future__ import annotations

import contextlib
import json
import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from agent.demo.providers.gemini.rules import signature_of

_WORDS_A_CHUNK = 4
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


@dataclass(frozen=True)
class Reply:
    """A reply; a test queues replies with these fields by `PUT /gemini/script`."""

    text: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    """Function calls, `{"name": …, "args": {…}}` each; they come after the text."""
    chunks: list[str] = field(default_factory=list)
    """The text in pieces of the test's choosing, instead of `text`."""
    delay_s: float | None = None
    """Before each further chunk; None for the usual speed."""

    @property
    def pieces(self) -> list[str]:
        """The text as it is sent, a few words at a time."""
        words = re.findall(r"\S+\s*", self.text)
        starts = range(0, len(words), _WORDS_A_CHUNK)
        return self.chunks or ["".join(words[at : at + _WORDS_A_CHUNK]) for at in starts]

    def call_parts(self, model: str) -> list[dict[str, Any]]:
        """The function calls; the first one has the thought signature."""
        parts: list[dict[str, Any]] = [
            {"functionCall": {"id": f"call-{uuid.uuid4().hex[:12]}", "args": {}, **call}}
            for call in self.calls
        ]
        if parts:
            parts[0]["thoughtSignature"] = signature_of(model)
        return parts


def chunk(parts: list[dict[str, Any]], *, finish: str = "", **more: Any) -> dict[str, Any]:
    """One message of a streamed answer."""
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    ids = {"modelVersion": "stand-in", "responseId": "stand-in"}
    return {"candidates": [candidate], **ids, **more}


async def send_chunks(
    request: web.Request, chunks: AsyncIterator[dict[str, Any]]
) -> web.StreamResponse:
    """Answer with server-sent events."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    with contextlib.suppress(ConnectionError):  # the caller may leave: an interruption
        await response.prepare(request)
        async for each in chunks:
            await response.write(f"data: {json.dumps(each)}\r\n\r\n".encode())
    return response
