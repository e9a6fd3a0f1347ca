"""Gemini's API as livekit-plugins-google 1.8.9 and `doctor` call it.

Routes: `:streamGenerateContent`, `GET /models`, and the Live API for `live.py`. Replies come from a
test's script or from `interview.py`; requests for sound go to `speech.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from agent.demo.providers.gemini.interview import answer
from agent.demo.providers.gemini.live import LiveListener
from agent.demo.providers.gemini.messages import Reply, Request, chunk, send_chunks
from agent.demo.providers.gemini.rules import MODELS, message, problem, speaks
from agent.demo.providers.gemini.speech import speak
from agent.demo.providers.wire import Call, Shared, drop, hang, refused, serving

_FIRST_TOKEN_S = 0.15
_WORDS_A_SECOND = 60.0
_TOKENS_A_WORD = 1.4
_RUNAWAY = "And there is one more thing I would like to tell you about it. "
_RUNAWAY_TIMES = 360  # more than 5,000 words
_ENDINGS = {"unsafe": "SAFETY", "malformed": "MALFORMED_FUNCTION_CALL"}


class Gemini:
    """The API."""

    def __init__(self, shared: Shared) -> None:
        self._shared, self._faults = shared, shared.faults
        self.script: deque[Reply] = deque()
        """The next replies; tests fill it."""

    def app(self) -> web.Application:
        app = web.Application(client_max_size=8 * 1024 * 1024)
        for version in ("v1", "v1beta", "v1alpha"):
            app.router.add_post(f"/{version}/models/{{model}}:{{method}}", self._generate)
            app.router.add_get(f"/{version}/models", self._check)
            live = f"/ws/google.ai.generativelanguage.{version}.GenerativeService"
            app.router.add_get(f"{live}.BidiGenerateContent", self._listen)
        return app

    async def _begin(self, request: web.Request, provider: str, **detail: Any) -> Call:
        key = request.headers.get("x-goog-api-key") or request.query.get("key", "")
        return await self._shared.begin(request, provider, key, **detail)

    async def _check(self, request: web.Request) -> web.StreamResponse:
        """The free call of `doctor`: the list of models."""
        await self._begin(request, "llm")
        return web.json_response({"models": [{"name": f"models/{name}"} for name in MODELS]})

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        await self._begin(request, "live")
        return await LiveListener(request, self._shared).serve()

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        model, method = request.match_info["model"], request.match_info["method"]
        call = await self._begin(request, "tts" if speaks(model) else "llm", model=model)
        if method != "streamGenerateContent" or model not in MODELS:
            raise refused("llm", 404, message("model", model))
        try:
            body = await request.json()
            deadline = request.headers.get("X-Server-Timeout", "")
            wrong = problem(model, body, deadline)
            thinking = (body.get("generationConfig") or {}).get("thinkingConfig")
            asked = Request.parse(body, model)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise refused("llm", 400, "Invalid JSON payload received.") from None
        if thinking and self._faults.take("llm", "no-level"):
            call.detail["fault"] = "no-level"
            wrong = "Request contains an invalid argument."
        if wrong:
            raise refused("llm", 400, wrong)
        if speaks(model):
            return await speak(request, self._shared, body)
        call.detail |= {
            "asked": asked.user_text,
            "functions": list(asked.functions),
            "contents": len(body["contents"]),
            "responses": [{k: r[k] for k in ("name", "response")} for r in asked.responses],
        }
        if self._faults.take("llm", "garbage"):
            broken = 'data: {"candidates": [{"cont'
            return web.Response(text=broken, content_type="text/event-stream")
        reply = self.script.popleft() if self.script else self._with_fault(answer(asked), asked)
        call.detail |= {"answered": "".join(reply.pieces), "calls": reply.calls}
        slow = self._faults.take("llm", "slow")
        await asyncio.sleep(slow.value if slow else _FIRST_TOKEN_S * self._shared.latency)
        return await send_chunks(request, self._chunks(request, asked, reply))

    def _with_fault(self, reply: Reply, asked: Request) -> Reply:
        """The reply, or what a fault makes of it."""
        if self._faults.take("llm", "no-text"):
            return Reply()
        if self._faults.take("llm", "runaway"):
            asked.most_tokens = 0
            return Reply(chunks=[_RUNAWAY] * _RUNAWAY_TIMES)
        if self._faults.take("llm", "unknown-call"):
            return Reply(reply.text, [{"name": "no_such_function", "args": {"x": 1}}])
        if self._faults.take("llm", "bad-call"):
            name = next(iter(asked.functions), "no_such_function")
            return Reply(reply.text, [{"name": name, "args": {"__unexpected__": [1, {}]}}])
        if self._faults.take("llm", "code"):
            call = (*reply.calls, {"name": "end_greeting", "args": {}})[0]
            args = ", ".join(f"{key}={value!r}" for key, value in call["args"].items())
            return Reply(f"```tool_code\nprint(default_api.{call['name']}({args}))\n```")
        return reply

    async def _chunks(
        self, request: web.Request, asked: Request, reply: Reply
    ) -> AsyncIterator[dict[str, Any]]:
        names = ("blocked", "drop", "stall", *_ENDINGS, "no-finish", "pause")
        fault = self._faults.take("llm", *names)
        name = fault.name if fault else ""
        if name == "blocked":
            yield {"promptFeedback": {"blockReason": "SAFETY"}, **_usage(asked, 0)}
            return
        said, words = "", 0
        for index, piece in enumerate(reply.pieces):
            if index:
                usual = len(piece.split()) / _WORDS_A_SECOND * self._shared.latency
                await asyncio.sleep(usual if reply.delay_s is None else reply.delay_s)
            if fault and name == "pause" and re.search(r"[.!?]\s*$", said):
                await asyncio.sleep(fault.value)
                name = ""
            said += piece
            words = len(said.split())
            yield chunk([{"text": piece}], **_usage(asked, words))
            if asked.most_tokens and words * _TOKENS_A_WORD > asked.most_tokens:
                yield chunk([], finish="MAX_TOKENS", **_usage(asked, words))
                return
            if fault and name in {"drop", "stall", *_ENDINGS} and words >= fault.value:
                break
        if name in _ENDINGS:
            yield chunk([], finish=_ENDINGS[name], **_usage(asked, words))
        elif name == "stall":
            await hang(request)
        elif name == "drop":
            drop(request, reset=False)
        elif name != "no-finish":
            parts = reply.call_parts(asked.model)
            yield chunk(parts, finish="STOP", **_usage(asked, words + len(parts)))


def serve_gemini() -> contextlib.AbstractAsyncContextManager[str]:
    """Serve the text model alone, without latency; the block gets its address."""
    return serving(Gemini(Shared(latency=0.0)).app())


def _usage(asked: Request, words: int) -> dict[str, Any]:
    tokens = round(words * _TOKENS_A_WORD)
    counts = {"promptTokenCount": asked.tokens, "candidatesTokenCount": tokens}
    return {"usageMetadata": counts | {"totalTokenCount": asked.tokens + tokens}}
