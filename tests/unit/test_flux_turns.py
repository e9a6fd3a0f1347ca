"""The turns that the agent hears from messages of Deepgram Flux, complete or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
import pytest
from aiohttp import web
from livekit.agents import APIConnectOptions, APIError, stt

from agent.core.livekit_internals.deepgram import DeepgramFlux
from agent.demo.providers.wire import serving

_ASKED: Final = "How long is it?"
_START, _END = "start_of_speech", "end_of_speech"
_LAST: Final = "no more"

Message = tuple[str, int | None, str]
"""The event, the index of the turn (None: not sent), and the words so far."""


def _turn_info(event: str, index: int | None, text: str) -> dict[str, Any]:
    words = [{"word": word, "confidence": 0.9} for word in text.split()]
    fields: dict[str, Any] = {
        "event": event,
        "turn_index": index,
        "transcript": text,
        "words": words,
    }
    if index is None:
        del fields["turn_index"]
    return {"type": "TurnInfo", "audio_window_start": 0.0, "audio_window_end": 1.0, **fields}


@asynccontextmanager
async def flux(*messages: dict[str, Any]) -> AsyncIterator[stt.RecognizeStream]:
    """A connection to a server that sends these messages and then waits."""

    async def listen(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        for message in ({"type": "Connected"}, *messages):
            await socket.send_json(message)
        await socket.receive()
        return socket

    app = web.Application()
    app.add_routes([web.get("/v2/listen", listen)])
    async with serving(app) as url, aiohttp.ClientSession() as http:
        model = DeepgramFlux(base_url=f"{url}/v2/listen", api_key="key", http_session=http)
        stream = model.stream(conn_options=APIConnectOptions(max_retry=0, timeout=30))
        try:
            yield stream
        finally:
            await stream.aclose()


async def heard(messages: list[Message]) -> list[str]:
    """Return the starts and ends of speech, the final transcripts, and "…" for any other one."""
    found: list[str] = []
    last = ("StartOfTurn", 99, _LAST)
    async with flux(*(_turn_info(*message) for message in [*messages, last])) as stream:
        async for event in stream:
            text = event.alternatives[0].text if event.alternatives else ""
            if text == _LAST:
                break
            final = event.type is stt.SpeechEventType.FINAL_TRANSCRIPT
            found.append(text if final else "…" if text else event.type.value)
    return found[:-1]  # without the start of the last turn


@pytest.mark.parametrize(
    ("messages", "events"),
    [
        pytest.param(
            [("StartOfTurn", 0, "How"), ("EagerEndOfTurn", 0, _ASKED), ("EndOfTurn", 0, _ASKED)],
            [_START, "…", "…", _ASKED, _END],
            id="as documented",
        ),
        pytest.param([("EndOfTurn", None, _ASKED)], [_START, "…", _ASKED, _END], id="only words"),
        pytest.param([("EndOfTurn", 0, _ASKED)], [_START, "…", _ASKED, _END], id="only an end"),
        pytest.param(
            [("Update", 0, ""), ("EagerEndOfTurn", 0, _ASKED), ("EndOfTurn", 0, _ASKED)],
            [_START, "…", "…", _ASKED, _END],
            id="no start",
        ),
        pytest.param(
            [("StartOfTurn", 0, _ASKED), ("StartOfTurn", 1, "And"), ("EndOfTurn", 1, "And why?")],
            [_START, "…", _ASKED, _END, _START, "…", "…", "And why?", _END],
            id="no end",
        ),
        pytest.param(
            [("StartOfTurn", 0, "How"), ("EagerEndOfTurn", 0, _ASKED), ("EndOfTurn", 0, "")],
            [_START, "…", "…", _ASKED, _END],
            id="an end without words",
        ),
        pytest.param(
            [("StartOfTurn", 0, "How"), ("Update", 0, ""), ("EndOfTurn", 0, "")],
            [_START, "…", _END],
            id="words that were taken back",
        ),
        pytest.param(
            [("StartOfTurn", 0, "How"), ("EagerEndOfTurn", 0, "How"), ("EndOfTurn", 0, _ASKED)],
            [_START, "…", "…", "…", _ASKED, _END],  # the third one stops the reply to "How"
            id="an end with other words",
        ),
        pytest.param(
            [("EagerEndOfTurn", 0, "How"), ("Update", 0, "How"), ("EndOfTurn", 0, _ASKED)],
            [_START, "…", "…", "…", "…", _ASKED, _END],  # the fourth one stops it
            id="an end with other words after an update",
        ),
        pytest.param(
            [("StartOfTurn", 0, _ASKED), ("EndOfTurn", 0, _ASKED), ("TurnResumed", 0, _ASKED)],
            [_START, "…", _ASKED, _END],  # its words are being answered
            id="late",
        ),
        pytest.param(
            [("StartOfTurn", None, "How"), ("Update", None, _ASKED), ("EndOfTurn", None, _ASKED)],
            [_START, "…", "…", _ASKED, _END],
            id="no index",
        ),
        pytest.param([("Update", 0, ""), ("EndOfTurn", 0, "")], [], id="no words"),
    ],
)
async def test_flux_turn_is_heard_once_with_all_its_words(
    messages: list[Message], events: list[str]
) -> None:
    assert await heard(messages) == events


async def test_flux_connection_fails_after_an_error() -> None:
    error = {"type": "Error", "code": "INTERNAL_SERVER_ERROR", "description": "…"}
    async with flux(error) as stream, asyncio.timeout(30):
        with pytest.raises(APIError):
            await anext(stream)
