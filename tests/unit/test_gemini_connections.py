"""How long a connection to Gemini may be idle before a reply needs a new one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from livekit.agents import llm

from agent.core.livekit_internals import gemini as internals
from agent.demo.providers.wire import serving
from agent.speech.gemini_model import GeminiModel
from tests.support.waiting import until

IDLE_S = 0.2


class Gemini:
    """Answers every request, and notes from which port it came."""

    def __init__(self) -> None:
        self.ports: list[int] = []

    async def answer(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        self.ports.append(request.transport.get_extra_info("peername")[1])
        if request.method == "GET":
            return web.json_response({"models": []})
        parts = [{"text": "Yes, of course."}]
        chunk = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
        return web.Response(text=f"data: {json.dumps(chunk)}\r\n\r\n")


@pytest.fixture
async def gemini(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gemini]:
    server, app = Gemini(), web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    async with serving(app) as address:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", address)
        yield server


async def reply_after_a_pause(gemini: Gemini) -> None:
    """Prepare a model as a session does, and ask it for a reply later."""
    model = GeminiModel(model="gemini-3.5-flash", access={"api_key": "key"})
    model.prewarm()
    await until(lambda: gemini.ports)
    await asyncio.sleep(IDLE_S)
    question = llm.ChatContext.empty()
    question.add_message(role="user", content="Is it long?")
    async with model.chat(chat_ctx=question) as stream:
        assert [part.delta.content async for part in stream if part.delta]
    await model.aclose()


async def test_reply_uses_a_connection_that_was_idle(gemini: Gemini) -> None:
    await reply_after_a_pause(gemini)
    assert len(gemini.ports) == 2
    assert len(set(gemini.ports)) == 1
    assert internals._IDLE_CONNECTION_S > 60, "longer than most answers of a trainee"


async def test_connection_that_was_idle_for_longer_is_replaced(
    gemini: Gemini, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shows that aiohttp still reads the limit where it is set."""
    monkeypatch.setattr(internals, "_IDLE_CONNECTION_S", IDLE_S / 4)
    await reply_after_a_pause(gemini)
    assert len(set(gemini.ports)) == 2
