"""Speech recognition: splits audio into utterances and recognises them.

`Listener` is common to all, and `ListenV1` is `/v1/listen` (nova-3).
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web

from agent.demo.providers.deepgram.endpointing import FRAME_MS, Endpointer
from agent.demo.providers.wire import CALL, Shared, drop, json_object

_LONGEST_MS = 25_000
_SHORTEST_MS = 120
"""Shorter sounds are ignored: the model would make a word of a click."""
_SILENCE_AFTER_MS = 200
"""Silence at the end of what is recognised: the model repeats the last words of a sound that ends
abruptly, and takes a longer silence for the end of a sentence."""
_NO_SOUND_S = 4.0
"""A sender that stops in the middle of speech (a muted microphone) has ended the utterance. A busy
machine stops for shorter."""
_IDLE_S = 10.0
"""Without a message for this long, Deepgram closes the connection
(https://developers.deepgram.com/docs/audio-keep-alive)."""
_SEND_TIMEOUT_S = 5.0
_INTERIM_MS = 500
_CONFIDENCE = 0.95
"""The model gives none."""


class Listener:
    """Serves one connection until either side ends it.

    It sends interim results, and the final one when silence ends an utterance. Sound that comes
    while it recognises waits in the socket. Its times are those of the sound, so a slow machine
    changes no result.
    """

    provider = "stt"
    """The name of this provider in simulated faults."""
    latency_s = 0.05
    """Of a final result."""
    silence_ms = 500
    """Silence that ends an utterance."""
    _interim_at_ms = 0

    def __init__(self, request: web.Request, shared: Shared) -> None:
        self.query, self.call, self.now = request.query, request[CALL], Endpointer()
        self.faults, self.recogniser = shared.faults, shared.recogniser
        self.detector = shared.detector
        self._half_open = self.faults.take(self.provider, "half-open") is not None
        self._request, self.socket = request, web.WebSocketResponse(autoping=not self._half_open)
        self._latency_s = self.latency_s * shared.latency
        self._rate = int(request.query.get("sample_rate", "16000"))
        self.language = request.query.get("language", "en").lower().split("-")[0]
        self._unread = np.zeros(0, np.int16)
        self._drop_at_ms = math.inf
        self._behind_until = 0.0
        self.call.detail |= {"heard": [], "keyterms": request.query.getall("keyterm", [])}

    async def on_start(self) -> None:
        """Handle the beginning of an utterance."""
        self._interim_at_ms = _INTERIM_MS

    async def on_frame(self) -> None:
        """Handle a new frame of the current utterance."""
        now = self.now
        if now.quiet_ms >= self.silence_ms:
            await self.end_utterance()
        elif now.quiet_ms == 0 and now.said_ms >= self._interim_at_ms and self.has_time:
            self._interim_at_ms = now.said_ms + _INTERIM_MS
            if text := await self.recognise():
                await self.send_result(text, is_final=False)

    async def on_end(self) -> None:
        """Handle the end of the utterance."""
        text = await self.final(await self.recognise())
        if text is not None:
            await self.send_result(text, is_final=True)

    async def send_result(self, text: str, *, is_final: bool) -> None:
        """Send the words of the utterance so far, or of the whole utterance."""

    async def on_command(self, command: dict[str, Any]) -> None:
        """Handle a message of the client, other than CloseStream."""

    async def serve(self) -> web.WebSocketResponse:
        """Accept the connection and serve it."""
        await self.socket.prepare(self._request)
        with contextlib.suppress(ConnectionError):  # the peer may leave at any moment
            while self._half_open and not self.socket.closed:
                await self.socket.receive()  # answers nothing, not even pings
            await self.converse()
            await self.socket.close()
        self.call.detail["ended"] = True
        return self.socket

    async def converse(self) -> None:
        """Listen until CloseStream, or until the connection is gone."""
        while True:
            try:
                message = await self.socket.receive(_NO_SOUND_S if self.now.speaking else _IDLE_S)
            except TimeoutError:
                if not self.now.speaking:
                    await self.socket.close(code=1011, message=b"NET-0001")
                await self.end_utterance()
                continue
            if message.type == WSMsgType.BINARY:
                await self.take_sound(message.data)
                continue
            command = json_object(message.data) if message.type == WSMsgType.TEXT else None
            if command is None or command.get("type") == "CloseStream":
                break
            await self.on_command(command)
        await self.end_utterance()

    async def take_sound(self, data: bytes) -> None:
        """Handle audio: 16-bit mono samples."""
        if self.recogniser.unavailable or self.language not in ("en", "multi"):
            return
        sound = np.frombuffer(data[: len(data) // 2 * 2], np.int16)
        self._unread = np.concatenate([self._unread, sound])
        size = self._rate * FRAME_MS // 1000
        while len(self._unread) >= size:
            frame, self._unread = self._unread[:size], self._unread[size:]
            if self.now.push(frame):
                fault = self.faults.take(self.provider, "drop")
                self._drop_at_ms = fault.value * 1000 if fault else math.inf
                await self.on_start()
            elif self.now.speaking:
                if self.now.said_ms >= self._drop_at_ms:
                    drop(self._request, reset=False)
                elif self.now.said_ms > _LONGEST_MS:
                    await self.end_utterance()
                else:
                    await self.on_frame()

    async def end_utterance(self) -> None:
        """End the current utterance, if there is one."""
        if self.now.speaking:
            await self.on_end()
            self.now.end()

    async def recognise(self) -> str:
        """The words of the current utterance so far."""
        if self.now.loud_ms < _SHORTEST_MS:
            return ""
        missing_ms = max(_SILENCE_AFTER_MS - self.now.quiet_ms, 0)
        silence = np.zeros(self._rate * missing_ms // 1000, np.int16)
        sound = np.concatenate([self.now.said, silence])
        began = time.monotonic()
        text = await self.recogniser.recognise(sound, self._rate)
        ended = time.monotonic()
        self._behind_until = ended + (ended - began) / 4
        return text

    @property
    def has_time(self) -> bool:
        """True if another interim result would not delay the final one.

        After each recognition, there is a pause in which the sound that came meanwhile is read.
        """
        return self.recogniser.idle and time.monotonic() >= self._behind_until

    async def final(self, text: str) -> str | None:
        """Return the final text after the latency, as simulated faults change both.

        Returns:
            None if it must never be sent.
        """
        if self.faults.take(self.provider, "never-final"):
            return None
        slow = self.faults.take(self.provider, "slow")
        await asyncio.sleep(slow.value if slow else self._latency_s)
        if self.faults.take(self.provider, "blank"):
            text = ""
        if self.faults.take(self.provider, "garbage"):
            await self.socket.send_str('{"type": "Results", "chann')
            await self.send({"type": "SomethingNew", "value": 1})
            await self.send({"type": "Results"})
        self.call.detail["heard"].append(text)
        self.call.detail["final_at"] = time.time()
        return text

    async def send(self, message: Mapping[str, Any]) -> None:
        if not self.socket.closed:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self.socket.send_json(message)


class ListenV1(Listener):
    """Serves one connection to `/v1/listen`."""

    silence_ms = 300
    """The plugin asks for 25 ms, which suits only the real model."""

    async def on_start(self) -> None:
        await super().on_start()
        timestamp = self.now.start_s
        await self.send({"type": "SpeechStarted", "channel": [0], "timestamp": timestamp})

    async def converse(self) -> None:
        await super().converse()
        await self.send({"type": "Metadata", "request_id": "stand-in", "channels": 1})

    async def send_result(self, text: str, *, is_final: bool) -> None:
        start_s, seconds = self.now.start_s, self.now.heard_s
        alternative: dict[str, Any] = {"transcript": text, "confidence": _CONFIDENCE}
        alternative["words"] = timed_words(text, start_s, seconds)
        multi = self.language == "multi"
        alternative |= {"languages": ["en"]} if multi else {}
        for word in alternative["words"]:
            bare = re.sub(r"[^\w']", "", word["word"]).lower()
            word |= {"punctuated_word": word["word"], "word": bare}
            word |= {"language": "en"} if multi else {}
        message: dict[str, Any] = {"type": "Results", "channel_index": [0, 1]}
        message |= {"start": round(start_s, 2), "duration": round(seconds, 2)}
        message |= {"is_final": is_final, "speech_final": is_final, "from_finalize": False}
        message |= {"metadata": {"request_id": "stand-in", "model_uuid": "stand-in"}}
        await self.send(message | {"channel": {"alternatives": [alternative]}})


def timed_words(text: str, start_s: float, seconds: float) -> list[dict[str, Any]]:
    """Return the words with times estimated from their length, because the model gives none."""
    total = sum(len(word) + 1 for word in text.split()) or 1
    words, at = [], start_s
    for word in text.split():
        end = at + seconds * (len(word) + 1) / total
        times = {"start": round(at, 3), "end": round(end, 3), "confidence": _CONFIDENCE}
        words.append({"word": word, **times})
        at = end
    return words
