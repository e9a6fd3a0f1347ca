"""Gemini's API as livekit-plugins-google 1.8.9 and `doctor` call it.

Routes: `:streamGenerateContent`, `:generateContent` and `GET /models`. Replies come from a test's
script or from `interview.py`; requests for sound go to `speech.py`.
"""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from agent.demo.providers.faults import Faults
from agent.demo.providers.gemini.interview import Reply, reply
from agent.demo.providers.gemini.request import Request, parse_request, read_json
from agent.demo.providers.gemini.speech import GeminiVoice, wants_sound
from agent.demo.providers.speech import Voice
from agent.demo.providers.wire import (
    Call,
    Calls,
    Latency,
    drop,
    failing_answer,
    hang,
    is_no_key,
    refusal,
)

_WORDS_A_CHUNK = 4
_WORDS_A_SECOND = 60.0
_RUNAWAY_WORDS = 5_000


@dataclass(frozen=True)
class Scripted:
    """One queued reply, as a test gives it in `PUT /gemini/script`."""

    text: str = ""
    chunks: list[str] = field(default_factory=list)
    """The text in pieces of the test's choosing, in place of `text`."""
    calls: list[dict[str, Any]] = field(default_factory=list)
    """Function calls, `{"name": …, "args": {…}}` each; they come after the text."""
    first_token_s: float | None = None
    """Before the first chunk; the usual latency where None."""
    delay_s: float | None = None
    """Before each further chunk; the usual speed where None."""

    @property
    def pieces(self) -> list[str]:
        return self.chunks or _in_chunks(self.text)


class Gemini:
    """The API and its queue of scripted replies."""

    def __init__(self, *, faults: Faults, calls: Calls, latency: Latency, voice: Voice) -> None:
        self._faults, self._calls, self._latency = faults, calls, latency
        self._voice = GeminiVoice(faults=faults, latency=latency, voice=voice)
        self._script: deque[Scripted] = deque()

    def app(self) -> web.Application:
        app = web.Application(client_max_size=8 * 1024 * 1024)
        for version in ("v1", "v1beta", "v1alpha"):
            app.router.add_post(f"/{version}/models/{{model}}:{{method}}", self._generate)
            app.router.add_get(f"/{version}/models", self._look)
            app.router.add_get(f"/{version}/models/{{model}}", self._look)
        return app

    def script(self, replies: list[dict[str, Any]]) -> None:
        """Queue these replies in place of all queued ones.

        Raises:
            TypeError: a reply has a field that `Scripted` does not know.
        """
        self._script = deque(Scripted(**reply) for reply in replies)

    async def _look(self, request: web.Request) -> web.StreamResponse:
        """Which models there are: every one whose name begins with `gemini-`."""
        call = self._calls.add("llm", f"GET {request.path}")
        if failure := await failing_answer(request, self._faults, call, lasting=True):
            return failure
        if refused := self._keyless(request, call):
            return refused
        model = request.match_info.get("model", "gemini-stand-in")
        if not model.startswith("gemini-"):
            return self._refuse(call, 404, f"models/{model} is not found for API version v1beta")
        known = {"name": f"models/{model}", "supportedGenerationMethods": ["generateContent"]}
        call.status = 200
        return web.json_response(known if "model" in request.match_info else {"models": [known]})

    def _keyless(self, request: web.Request, call: Call) -> web.Response | None:
        key = request.headers.get("x-goog-api-key") or request.query.get("key", "")
        if not key.strip():
            return self._refuse(call, 403, "Method doesn't allow unregistered callers.")
        if is_no_key(key):
            text = "API key not valid. Please pass a valid API key. (API_KEY_INVALID)"
            return self._refuse(call, 400, text)
        return None

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        model, method = request.match_info["model"], request.match_info["method"]
        body = await read_json(request)
        provider = "tts" if wants_sound(body) else "llm"
        call = self._calls.add(provider, f"POST :{method}", model=model)
        if failure := await failing_answer(request, self._faults, call, shape="llm"):
            return failure
        if refused := self._keyless(request, call):
            return refused
        if method not in {"streamGenerateContent", "generateContent"}:
            return self._refuse(call, 404, f"unknown method {method}")
        if provider == "tts":
            return await self._voice.speak(request, call, body)
        try:
            asked = parse_request(body)
        except (ValueError, KeyError, TypeError, AttributeError):
            return self._refuse(call, 400, "Invalid JSON payload received.")
        if not asked.turns:
            return self._refuse(call, 400, "contents is not specified")
        call.detail |= {
            "asked": asked.user_text,
            "functions": [f["name"] for f in asked.functions],
            "contents": asked.contents,
            "responses": [{"name": r.name, "response": r.content} for r in asked.responses],
        }
        if self._faults.take("llm", "garbage"):
            call.status, call.detail["fault"] = 200, "garbage"
            return web.Response(
                text='data: {"candidates": [{"cont', content_type="text/event-stream"
            )
        answer = self._script.popleft() if self._script else self._think(asked)
        call.detail |= {"answered": "".join(answer.pieces), "calls": answer.calls}
        if method == "generateContent":
            return await self._whole(call, asked, answer)
        return await self._stream(request, call, asked, answer)

    def _refuse(self, call: Call, status: int, message: str) -> web.Response:
        call.status = status
        return refusal("llm", status, message)

    def _think(self, asked: Request) -> Scripted:
        return _with_faults(reply(asked), asked, self._faults)

    async def _whole(self, call: Call, asked: Request, answer: Scripted) -> web.Response:
        await asyncio.sleep(self._first_token_s(answer))
        parts: list[dict[str, Any]] = [{"text": "".join(answer.pieces)}] if answer.pieces else []
        parts += [_call_part(each) for each in answer.calls]
        call.status = 200
        return web.json_response(_chunk(parts, asked, len(parts), finish="STOP"))

    def _first_token_s(self, answer: Scripted) -> float:
        if slow := self._faults.take("llm", "slow"):
            return slow.value
        return self._latency.llm_s if answer.first_token_s is None else answer.first_token_s

    async def _stream(
        self, request: web.Request, call: Call, asked: Request, answer: Scripted
    ) -> web.StreamResponse:
        await asyncio.sleep(self._first_token_s(answer))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        call.status = 200
        try:
            async for chunk in self._chunks(request, call, asked, answer):
                await response.write(f"data: {json.dumps(chunk)}\r\n\r\n".encode())
        except ConnectionError:
            call.detail["cut"] = "the caller went away"  # an interruption: its right
        return response

    async def _chunks(
        self, request: web.Request, call: Call, asked: Request, answer: Scripted
    ) -> AsyncIterator[dict[str, Any]]:
        if self._faults.take("llm", "blocked"):
            call.detail["fault"] = "blocked"
            yield {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": _usage(asked, 0)}
            return
        if self._faults.take("llm", "no-text"):
            call.detail["fault"] = "no-text"
            yield _chunk([], asked, 0, finish="STOP")
            return
        cut = self._faults.take("llm", "drop", "stall", "unsafe", "no-finish")
        words = 0
        for index, piece in enumerate(answer.pieces):
            count = len(piece.split())
            if index:
                usual = count / _WORDS_A_SECOND if self._latency.llm_s else 0.0
                await asyncio.sleep(usual if answer.delay_s is None else answer.delay_s)
            words += count
            yield _chunk([{"text": piece}], asked, words)
            if cut and cut.name != "no-finish" and words >= cut.value:
                break
        if cut:
            call.detail["fault"] = cut.name
            if cut.name == "unsafe":
                yield _chunk([], asked, words, finish="SAFETY")
            elif cut.name == "stall":
                await hang(request)
            elif cut.name == "drop":
                drop(request, reset=False)
            return
        parts = [_call_part(each) for each in answer.calls]
        yield _chunk(parts, asked, words + len(parts), finish="STOP")


def _with_faults(answer: Reply, asked: Request, faults: Faults) -> Scripted:
    if faults.take("llm", "runaway"):
        sentence = "And there is one more thing I would like to tell you about it. "
        count = _RUNAWAY_WORDS // len(sentence.split()) + 1
        return Scripted(chunks=[sentence] * count)
    if faults.take("llm", "unknown-call"):
        return Scripted(text=answer.text, calls=[{"name": "no_such_function", "args": {"x": 1}}])
    if faults.take("llm", "bad-call"):
        name = asked.functions[0]["name"] if asked.functions else "no_such_function"
        return Scripted(
            text=answer.text, calls=[{"name": name, "args": {"__unexpected__": [1, {}]}}]
        )
    return Scripted(text=answer.text, calls=answer.calls)


def _in_chunks(text: str) -> list[str]:
    """Pieces of a few words that put together are the text."""
    words = re.findall(r"\S+\s*", text)
    return [
        "".join(words[start : start + _WORDS_A_CHUNK])
        for start in range(0, len(words), _WORDS_A_CHUNK)
    ]


def _call_part(call: dict[str, Any]) -> dict[str, Any]:
    return {
        "functionCall": {
            "id": f"call-{uuid.uuid4().hex[:12]}",
            "name": call["name"],
            "args": call.get("args") or {},
        },
        "thoughtSignature": "c3RhbmQtaW4=",
    }


def _usage(asked: Request, words: int) -> dict[str, int]:
    answer = round(words * 1.4)
    return {
        "promptTokenCount": asked.tokens,
        "candidatesTokenCount": answer,
        "totalTokenCount": asked.tokens + answer,
    }


def _chunk(
    parts: list[dict[str, Any]], asked: Request, words: int, *, finish: str | None = None
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {
        "candidates": [candidate],
        "usageMetadata": _usage(asked, words),
        "modelVersion": "stand-in",
        "responseId": "stand-in",
    }
