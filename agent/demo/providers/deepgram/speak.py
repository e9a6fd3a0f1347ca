"""One Deepgram `/v1/speak` connection: takes text, sends audio sentence by sentence.

Limits: https://developers.deepgram.com/docs/streaming-text-to-speech (characters),
https://developers.deepgram.com/docs/tts-ws-flush (Flush), and
https://developers.deepgram.com/docs/tts-troubleshooting-websocket-net-and-data-errors (idle).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections import deque
from typing import Any

from aiohttp import WSMsgType, web

from agent.demo.providers.deepgram.rules import SPEAK_MESSAGES, aura_voice
from agent.demo.providers.wire import CALL, Shared, json_object, paced

_LATENCY_S = 0.08
"""From text to the first byte of sound."""
_SENTENCE = re.compile(r".*?[.!?…][\"')\]]*\s", re.S)
_LONGEST_WAIT = 400
"""Characters without a sentence's end that are spoken nevertheless."""
_SEND_TIMEOUT_S = 30.0
_IDLE_S = 60.0
"""Deepgram closes an idle connection after this time without a message."""
_CLOSES_WITHIN_S = 0.5
"""It then also closes the TCP connection, whether the client has answered or not."""
_MOST_CHARACTERS = 2_000
_MOST_FLUSHES, _FLUSH_WINDOW_S = 20, 60.0


class Speaker:
    """Serves one connection."""

    def __init__(self, request: web.Request, shared: Shared) -> None:
        self._request, self._socket = request, web.WebSocketResponse(timeout=_CLOSES_WITHIN_S)
        self._faults, self._first_byte_s = shared.faults, _LATENCY_S * shared.latency
        self._call = request[CALL]
        speed = float(request.query.get("speed", "1"))
        self._voice, self._choice = shared.voice, aura_voice(request.query["model"], speed)
        self._rate = int(request.query.get("sample_rate", "24000"))
        self._call.detail |= {"said": [], "speed": speed}
        self._text = ""
        self._flushes = 0
        self._flushed_at: deque[float] = deque(maxlen=_MOST_FLUSHES)
        self._fresh = True
        """Whether the next sound is the first since a Flush."""

    async def serve(self) -> web.WebSocketResponse:
        """Accept the connection and serve it."""
        await self._socket.prepare(self._request)
        fault = self._faults.take("aura", "idle")
        with contextlib.suppress(ConnectionError):
            while True:
                try:
                    message = await self._socket.receive(fault.value if fault else _IDLE_S)
                except TimeoutError:
                    await self._socket.close(code=1011, message=SPEAK_MESSAGES["idle"].encode())
                    break
                if message.type != WSMsgType.TEXT or not await self._obey(
                    json_object(message.data)
                ):
                    await self._socket.close()
                    break
        return self._socket

    async def _obey(self, command: dict[str, Any]) -> bool:
        """Handle a message; return False if the connection must be closed."""
        kind, text = command.get("type"), str(command.get("text", ""))
        if kind == "Speak" and len(text) <= _MOST_CHARACTERS:
            self._text += text
            await self._say_sentences()
        elif kind == "Flush" and self._may_flush():
            await self._say_sentences(rest=True)
            self._fresh = True
            if not self._faults.take("aura", "stall", "unflushed"):
                await self._socket.send_json({"type": "Flushed", "sequence_id": self._flushes})
                self._flushes += 1
        elif kind == "Flush":
            await self._socket.send_json(SPEAK_MESSAGES["flush"])
        else:
            if kind != "Close":
                await self._socket.send_json(SPEAK_MESSAGES["unknown"])
            return False
        return True

    def _may_flush(self) -> bool:
        now, earlier = time.monotonic(), self._flushed_at
        if len(earlier) == _MOST_FLUSHES and now - earlier[0] < _FLUSH_WINDOW_S:
            return False
        earlier.append(now)
        return True

    async def _say_sentences(self, *, rest: bool = False) -> None:
        """Say the whole sentences of the text, and the rest of it."""
        while match := _SENTENCE.match(self._text):
            self._text = self._text[match.end() :]
            await self._say(match[0].strip())
        if rest or len(self._text) > _LONGEST_WAIT:
            text, self._text = self._text.strip(), ""
            if text:
                await self._say(text)

    async def _say(self, text: str) -> None:
        self._call.detail["said"].append(text)
        if self._fresh:
            await asyncio.sleep(self._first_byte_s)
            self._fresh = False
        if self._faults.take("aura", "error"):
            await self._socket.send_json(SPEAK_MESSAGES["fault"])
            return
        if self._faults.take("aura", "silent", "stall"):
            return
        sound = await self._voice.say(text, self._choice, self._rate)
        async for piece in paced(self._request, sound, self._rate, self._faults, "aura"):
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._socket.send_bytes(piece)
