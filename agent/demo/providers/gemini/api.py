"""Gemini's API as livekit-plugins-google 1.8.9 and `doctor` call it.

Routes: `:streamGenerateContent` and `GET /models`. Replies come from a test's script or from
`interview.py`; requests for sound go to `speech.py`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from agent.demo.providers.gemini.interview import answer
from agent.demo.providers.gemini.reply import Reply, chunk, send_chunks
from agent.demo.providers.gemini.request import Request
from agent.demo.providers.gemini.speech import GeminiVoice, wants_sound
from agent.demo.providers.speech import Voice
from agent.demo.providers.wire import Call, Shared, drop, hang, is_invalid_key, refusal

_FIRST_TOKEN_S = 0.15
_WORDS_A_SECOND = 60.0
_RUNAWAY = "And there is one more thing I would like to tell you about it. "
_RUNAWAY_TIMES = 360
"""More than 5,000 words."""


class Gemini:
    """The API and its queue of scripted replies."""

    def __init__(self, shared: Shared, voice: Voice) -> None:
        self._shared, self._faults = shared, shared.faults
        self._voice = GeminiVoice(shared, voice)
        self._script: deque[Reply] = deque()

    def app(self) -> web.Application:
        app = web.Application(client_max_size=8 * 1024 * 1024)
        for version in ("v1", "v1beta", "v1alpha"):
            app.router.add_post(f"/{version}/models/{{model}}:{{method}}", self._generate)
            app.router.add_get(f"/{version}/models", self._check)
            app.router.add_get(f"/{version}/models/{{model}}", self._check)
        return app

    def script(self, replies: list[dict[str, Any]]) -> None:
        """Queue these replies instead of all queued ones.

        Raises:
            TypeError: a reply has a field that `Reply` does not know.
        """
        self._script = deque(Reply(**reply) for reply in replies)

    async def _check(self, request: web.Request) -> web.StreamResponse:
        """Free calls of `doctor`: the models; every name that begins with `gemini-` is one."""
        name = f"GET {request.path}"
        _, failure = await self._shared.begin(request, "llm", name, lasting=True)
        if failure or (failure := _key_problem(request)):
            return failure
        model = request.match_info.get("model", "gemini-stand-in")
        if not model.startswith("gemini-"):
            return refusal("llm", 404, f"models/{model} is not found for API version v1beta")
        known = {"name": f"models/{model}", "supportedGenerationMethods": ["generateContent"]}
        return web.json_response(known if "model" in request.match_info else {"models": [known]})

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        model, method = request.match_info["model"], request.match_info["method"]
        try:
            body = await request.json()
        except ValueError:
            body = None
        provider = "tts" if wants_sound(body) else "llm"
        call, failure = await self._shared.begin(
            request, provider, f"POST :{method}", shape="llm", model=model
        )
        if failure or (failure := _key_problem(request)):
            return failure
        if method != "streamGenerateContent":
            return refusal("llm", 404, f"unknown method {method}")
        if provider == "tts":
            return await self._voice.speak(request, call, body)
        try:
            asked = Request.parse(body)
        except (ValueError, KeyError, TypeError, AttributeError):
            return refusal("llm", 400, "Invalid JSON payload received.")
        if not asked.turns:
            return refusal("llm", 400, "contents is not specified")
        call.detail |= {
            "asked": asked.user_text,
            "functions": [function["name"] for function in asked.functions],
            "contents": len(body["contents"]),
            "responses": [vars(response) for response in asked.responses],
        }
        if self._faults.take("llm", "garbage"):
            call.detail["fault"] = "garbage"
            broken = 'data: {"candidates": [{"cont'
            return web.Response(text=broken, content_type="text/event-stream")
        reply = self._script.popleft() if self._script else self._with_fault(answer(asked), asked)
        call.detail |= {"answered": "".join(reply.pieces), "calls": reply.calls}
        usual = _FIRST_TOKEN_S * self._shared.latency
        slow = self._faults.take("llm", "slow")
        first_token_s = usual if reply.first_token_s is None else reply.first_token_s
        await asyncio.sleep(slow.value if slow else first_token_s)
        return await send_chunks(request, call, self._chunks(request, call, asked, reply))

    def _with_fault(self, reply: Reply, asked: Request) -> Reply:
        """The reply, or what a fault makes of it."""
        if self._faults.take("llm", "runaway"):
            return Reply(chunks=[_RUNAWAY] * _RUNAWAY_TIMES)
        if self._faults.take("llm", "unknown-call"):
            return Reply(reply.text, [{"name": "no_such_function", "args": {"x": 1}}])
        if self._faults.take("llm", "bad-call"):
            name = asked.functions[0]["name"] if asked.functions else "no_such_function"
            return Reply(reply.text, [{"name": name, "args": {"__unexpected__": [1, {}]}}])
        return reply

    async def _chunks(
        self, request: web.Request, call: Call, asked: Request, reply: Reply
    ) -> AsyncIterator[dict[str, Any]]:
        fault = self._faults.take(
            "llm", "blocked", "no-text", "drop", "stall", "unsafe", "no-finish"
        )
        name = fault.name if fault else ""
        if fault:
            call.detail["fault"] = name
        if name == "blocked":
            yield {"promptFeedback": {"blockReason": "SAFETY"}, **_usage(asked, 0)}
            return
        words = 0
        for index, piece in enumerate([] if name == "no-text" else reply.pieces):
            count = len(piece.split())
            if index:
                usual = count / _WORDS_A_SECOND * self._shared.latency
                await asyncio.sleep(usual if reply.delay_s is None else reply.delay_s)
            words += count
            yield chunk([{"text": piece}], **_usage(asked, words))
            if fault and name in {"drop", "stall", "unsafe"} and words >= fault.value:
                break
        if name == "unsafe":
            yield chunk([], finish="SAFETY", **_usage(asked, words))
        elif name == "stall":
            await hang(request)
        elif name == "drop":
            drop(request, reset=False)
        elif name != "no-finish":
            parts = [] if name == "no-text" else reply.call_parts
            yield chunk(parts, finish="STOP", **_usage(asked, words + len(parts)))


def _key_problem(request: web.Request) -> web.Response | None:
    key = request.headers.get("x-goog-api-key") or request.query.get("key", "")
    if not key.strip():
        return refusal("llm", 403, "Method doesn't allow unregistered callers.")
    if is_invalid_key(key):
        text = "API key not valid. Please pass a valid API key. (API_KEY_INVALID)"
        return refusal("llm", 400, text)
    return None


def _usage(asked: Request, words: int) -> dict[str, Any]:
    tokens = round(words * 1.4)
    counts = {
        "promptTokenCount": asked.tokens,
        "candidatesTokenCount": tokens,
        "totalTokenCount": asked.tokens + tokens,
    }
    return {"usageMetadata": counts}
