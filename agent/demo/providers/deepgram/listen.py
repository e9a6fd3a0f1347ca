"""One Deepgram `/v1/listen` connection: sound in, real transcripts out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from aiohttp import WSMessage, WSMsgType, web

from agent.demo.providers.deepgram.endpointing import FRAME_MS, Endpointer
from agent.demo.providers.deepgram.results import Result
from agent.demo.providers.speech import Recogniser
from agent.demo.providers.wire import Call, Shared, drop

_ENDPOINTING_MS = 300
"""Silence that ends an utterance. The plugin asks for 25 ms, made for a model that knows pauses."""
_INTERIM_MS = 500
_LONGEST_MS = 25_000
_SHORTEST_MS = 120
"""Less sound than this is a click; the model would make a word of it."""
_NO_SOUND_S = 0.6
"""A sender that stops in the middle of speech (a muted microphone) has ended the utterance."""
_SEND_TIMEOUT_S = 5.0
_LATENCY_S = 0.05


class Listener:
    """Serves one connection until either side ends it."""

    def __init__(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        *,
        recogniser: Recogniser,
        shared: Shared,
        call: Call,
    ) -> None:
        self._request, self._socket = request, socket
        self._recogniser, self._call = recogniser, call
        self._faults, self._extra_s = shared.faults, _LATENCY_S * shared.latency
        self._rate = int(request.query.get("sample_rate", "16000"))
        self._endpointer = Endpointer()
        self._unread = np.zeros(0, np.int16)
        self._results: asyncio.Queue[Result | None] = asyncio.Queue()
        self._interim_at_ms = 0
        self._drop_at_ms: float | None = None
        call.detail["heard"] = []
        language = request.query.get("language", "en").lower()
        self._multi = language == "multi"
        english = self._multi or language.split("-")[0] == "en"
        self._transcribes = english and not recogniser.unavailable

    async def run(self) -> None:
        """Serve until CloseStream, or until the connection is gone."""
        sending = asyncio.create_task(self._send_results())
        try:
            await self._read()
            self._end_utterance()
            self._results.put_nowait(None)
            await asyncio.wait({sending}, timeout=10)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _read(self) -> None:
        while True:
            timeout = _NO_SOUND_S if self._endpointer.speaking else None
            try:
                message: WSMessage = await self._socket.receive(timeout)
            except TimeoutError:
                self._end_utterance()
                continue
            if message.type == WSMsgType.BINARY:
                if self._transcribes:
                    self._take_sound(message.data)
            elif message.type == WSMsgType.TEXT:
                if json_object(message.data).get("type") == "CloseStream":
                    return
            else:
                return

    def _take_sound(self, data: bytes) -> None:
        sound = np.frombuffer(data[: len(data) // 2 * 2], np.int16)
        self._unread = np.concatenate([self._unread, sound])
        size = self._rate * FRAME_MS // 1000
        while len(self._unread) >= size:
            frame, self._unread = self._unread[:size], self._unread[size:]
            if self._endpointer.push(frame):
                self._interim_at_ms = _INTERIM_MS
                fault = self._faults.take("stt", "drop")
                self._drop_at_ms = fault.value * 1000 if fault else None
                self._results.put_nowait(Result("start", self._endpointer.start_s))
            elif self._endpointer.speaking:
                self._follow_utterance()

    def _follow_utterance(self) -> None:
        """Act on the last frame of a running utterance."""
        now = self._endpointer
        if self._drop_at_ms is not None and now.said_ms >= self._drop_at_ms:
            drop(self._request, reset=False)
        elif now.quiet_ms >= _ENDPOINTING_MS or now.said_ms > _LONGEST_MS:
            self._end_utterance()
        elif (
            now.quiet_ms == 0
            and now.said_ms >= self._interim_at_ms
            and self._recogniser.idle
            and self._results.empty()
        ):
            self._interim_at_ms = now.said_ms + _INTERIM_MS
            self._put("interim")

    def _end_utterance(self) -> None:
        """Queue the result of what was said, if anything was."""
        if self._endpointer.speaking:
            self._put("final")
            self._endpointer.end()

    def _put(self, kind: str) -> None:
        """Queue the result of what has been said up to now."""
        now = self._endpointer
        seconds = (now.said_ms - now.quiet_ms) / 1000
        self._results.put_nowait(Result(kind, now.start_s, seconds, self._recognise()))

    def _recognise(self) -> asyncio.Task[str]:
        """Recognise what has been said up to now."""

        async def nothing() -> str:
            return ""

        if self._endpointer.loud_ms < _SHORTEST_MS:
            return asyncio.create_task(nothing())
        said = self._recogniser.recognise(self._endpointer.said, self._rate)
        return asyncio.create_task(said)

    async def _send_results(self) -> None:
        while (result := await self._results.get()) is not None:
            if result.text is None:
                start = {"type": "SpeechStarted", "channel": [0], "timestamp": result.start_s}
                await self._send(start)
                continue
            text = await result.text
            if result.kind == "interim":
                if text:
                    await self._send(result.message(text, self._multi))
                continue
            if self._faults.take("stt", "never-final"):
                continue
            slow = self._faults.take("stt", "slow")
            await asyncio.sleep(slow.value if slow else self._extra_s)
            if self._faults.take("stt", "blank"):
                text = ""
            if self._faults.take("stt", "garbage"):
                await self._socket.send_str('{"type": "Results", "chann')
                await self._send({"type": "SomethingNew", "value": 1})
                await self._send({"type": "Results"})
            self._call.detail["heard"].append(text)
            await self._send(result.message(text, self._multi))

    async def _send(self, message: Mapping[str, Any]) -> None:
        if not self._socket.closed:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._socket.send_str(json.dumps(message))


def json_object(text: str) -> dict[str, Any]:
    """A message of the client; empty if it is not a JSON object."""
    try:
        message = json.loads(text)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
