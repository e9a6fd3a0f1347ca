"""What the stand-in's model replies, and the chunks in which Gemini sends it."""

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
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):  # the caller may leave: an interruption
        async for each in chunks:
            await response.write(f"data: {json.dumps(each)}\r\n\r\n".encode())
    return response
