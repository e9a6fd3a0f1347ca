"""The common part of all speech recognition: splits audio into utterances."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web

from agent.demo.providers.deepgram.endpointing import FRAME_MS, Endpointer
from agent.demo.providers.faults import Faults
from agent.demo.providers.wire import CALL, Shared, drop

_LONGEST_MS = 25_000
_SHORTEST_MS = 120
"""Shorter sounds are ignored: the model would make a word of a click."""
_SILENCE_AFTER_MS = 200
"""Silence at the end of what is recognised: the model repeats the last words of a sound that ends
abruptly, and takes a longer silence for the end of a sentence."""
_NO_SOUND_S = 0.6
"""A sender that stops in the middle of speech (a muted microphone) has ended the utterance."""
_SEND_TIMEOUT_S = 5.0
_LATENCY_S = 0.05
_OPEN = (WSMsgType.BINARY, WSMsgType.TEXT, WSMsgType.PING, WSMsgType.PONG)
_INTERIM_MS = 500


@dataclass(frozen=True)
class Result:
    """What was said up to now, or in a whole utterance."""

    is_final: bool
    start_s: float
    seconds: float
    text: asyncio.Task[str] | None
    """None for the beginning of an utterance."""


class Listener(ABC):
    """Serves one connection until either side ends it; silence ends an utterance."""

    provider = "stt"
    """The name of this provider in simulated faults."""
    silence_ms = 500
    """Silence that ends an utterance."""
    _interim_at_ms = 0

    def __init__(self, request: web.Request, shared: Shared) -> None:
        self.query = request.query
        self.now = Endpointer()
        self.call = request[CALL]
        self.faults: Faults = shared.faults
        self.results: asyncio.Queue[Any] = asyncio.Queue()
        """Results to send, in order; None ends the connection."""
        half_open = self.faults.take(self.provider, "half-open")
        self._half_open = half_open is not None
        self._request, self._socket = request, web.WebSocketResponse(autoping=not half_open)
        self._recogniser, self.latency_s = shared.recogniser, _LATENCY_S * shared.latency
        self._rate = int(request.query.get("sample_rate", "16000"))
        self._unread = np.zeros(0, np.int16)
        self._drop_at_ms: float | None = None
        self.call.detail |= {"heard": [], "keyterms": request.query.getall("keyterm", [])}

    @abstractmethod
    async def send_result(self, result: Any) -> None:
        """Send one queued result."""

    def on_start(self) -> None:
        """Handle the beginning of an utterance."""
        self._interim_at_ms = _INTERIM_MS

    async def on_frame(self) -> None:
        """Handle a new frame of the current utterance."""
        now = self.now
        if now.quiet_ms >= self.silence_ms:
            self.end_utterance()
        elif now.quiet_ms == 0 and now.said_ms >= self._interim_at_ms and self.is_idle:
            self._interim_at_ms = now.said_ms + _INTERIM_MS
            self._put_result(is_final=False)

    def on_end(self) -> None:
        """Handle the end of the utterance."""
        self._put_result(is_final=True)

    def _put_result(self, *, is_final: bool) -> None:
        seconds = (self.now.said_ms - self.now.quiet_ms) / 1000
        result = Result(is_final, self.now.start_s, seconds, self.recognise())
        self.results.put_nowait(result)

    @property
    def transcribes(self) -> bool:
        """True if this machine can recognise what the connection asks for."""
        return not self._recogniser.unavailable

    async def on_command(self, command: dict[str, Any]) -> None:  # noqa: B027
        """Handle a message of the client, other than CloseStream."""

    async def serve(self) -> web.WebSocketResponse:
        """Accept the connection and serve it."""
        await self._socket.prepare(self._request)
        with contextlib.suppress(ConnectionError):  # the peer may leave at any moment
            if self._half_open:
                # Read everything and answer nothing, not even pings, until the peer is gone.
                while (await self._socket.receive()).type in _OPEN:
                    pass
            else:
                await self.run()
                await self.close()
        self.call.detail["ended"] = True
        return self._socket

    async def close(self) -> None:
        """End the connection after its last result."""
        await self._socket.close()

    async def run(self) -> None:
        """Serve until CloseStream, or until the connection is gone."""
        sending = asyncio.create_task(self._send_results())
        try:
            await self._read()
            self.end_utterance()
            self.results.put_nowait(None)
            await asyncio.wait({sending}, timeout=10)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    def end_utterance(self) -> None:
        """End the current utterance, if there is one."""
        if self.now.speaking:
            self.on_end()
            self.now.end()

    @property
    def is_idle(self) -> bool:
        """True if another result can be computed without delaying a later one."""
        return self._recogniser.idle and self.results.empty()

    def recognise(self) -> asyncio.Task[str]:
        """Recognise the current utterance so far."""
        if self.now.loud_ms < _SHORTEST_MS:
            return asyncio.create_task(_nothing())
        missing_ms = max(_SILENCE_AFTER_MS - self.now.quiet_ms, 0)
        silence = np.zeros(self._rate * missing_ms // 1000, np.int16)
        sound = np.concatenate([self.now.said, silence])
        return asyncio.create_task(self._recogniser.recognise(sound, self._rate))

    async def final(self, text: str, latency_s: float = 0.0) -> str | None:
        """Return the final text after the latency, as simulated faults change both.

        Returns:
            None if it must never be sent.
        """
        if self.faults.take(self.provider, "never-final"):
            return None
        slow = self.faults.take(self.provider, "slow")
        await asyncio.sleep(slow.value if slow else latency_s)
        if self.faults.take(self.provider, "blank"):
            text = ""
        if self.faults.take(self.provider, "garbage"):
            await self._socket.send_str('{"type": "Results", "chann')
            await self.send({"type": "SomethingNew", "value": 1})
            await self.send({"type": "Results"})
        self.call.detail["heard"].append(text)
        self.call.detail["final_at"] = time.time()
        return text

    async def send(self, message: Mapping[str, Any]) -> None:
        if not self._socket.closed:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._socket.send_str(json.dumps(message))

    async def _read(self) -> None:
        while True:
            timeout = _NO_SOUND_S if self.now.speaking else None
            try:
                message = await self._socket.receive(timeout)
            except TimeoutError:
                self.end_utterance()
                continue
            if message.type == WSMsgType.BINARY:
                if self.transcribes:
                    await self.take_sound(message.data)
            elif message.type == WSMsgType.TEXT:
                command = json_object(message.data)
                if command.get("type") == "CloseStream":
                    return
                await self.on_command(command)
            else:
                return

    async def refuse(self, code: int, reason: str) -> None:
        """Close the connection."""
        await self._socket.close(code=code, message=reason.encode())

    async def take_sound(self, data: bytes) -> None:
        """Handle audio: 16-bit mono samples."""
        sound = np.frombuffer(data[: len(data) // 2 * 2], np.int16)
        self._unread = np.concatenate([self._unread, sound])
        size = self._rate * FRAME_MS // 1000
        while len(self._unread) >= size:
            frame, self._unread = self._unread[:size], self._unread[size:]
            if self.now.push(frame):
                fault = self.faults.take(self.provider, "drop")
                self._drop_at_ms = fault.value * 1000 if fault else None
                self.on_start()
            elif self.now.speaking:
                if self._drop_at_ms is not None and self.now.said_ms >= self._drop_at_ms:
                    drop(self._request, reset=False)
                elif self.now.said_ms > _LONGEST_MS:
                    self.end_utterance()
                else:
                    await self.on_frame()

    async def _send_results(self) -> None:
        while (result := await self.results.get()) is not None:
            await self.send_result(result)


async def _nothing() -> str:
    return ""


def json_object(text: str) -> dict[str, Any]:
    """A message of the client; empty if it is not a JSON object."""
    try:
        message = json.loads(text)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
