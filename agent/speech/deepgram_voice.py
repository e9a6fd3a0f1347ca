"""A Deepgram Aura voice over the `/v1/speak` WebSocket.

livekit-plugins-deepgram 1.8.9 has such a voice, too. Ours differs in three ways:

- A model that pauses is not a voice that fails: the time limit runs from Flush.
- If Deepgram has closed an idle connection, the line is sent again on a new one.
- Speed is set only for voices that have one.

Protocol: https://developers.deepgram.com/reference/text-to-speech/speak-streaming
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
from livekit.agents import (
    APIConnectionError,
    APIConnectOptions,
    APIError,
    APIStatusError,
    APITimeoutError,
    tts,
    utils,
)
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS

from agent.core.task_set import TaskSet
from agent.speech.voices import slowest_speed

_SAMPLE_RATE: Final = 24_000
_REUSED_FIRST_AUDIO_S: Final = 1.5
"""Limit for the first sound on a reused connection; then the line is sent on a new one."""
_IDLE_S: Final = 50.0
"""A connection that was idle for longer is not reused: Deepgram closes it after 60 s without a
message (https://developers.deepgram.com/docs/tts-troubleshooting-websocket-net-and-data-errors)."""
_LINES: Final = 18
"""Lines for one connection: Deepgram ignores the 21st Flush within 60 s
(https://developers.deepgram.com/docs/tts-ws-flush)."""
_CLOSE_S: Final = 1.0
_SPEAK_CHARACTERS: Final = 1_000
"""Deepgram refuses a `Speak` of more than 2,000 characters
(https://developers.deepgram.com/docs/streaming-text-to-speech)."""
_FLUSH: Final = json.dumps({"type": "Flush"})
_CLOSE: Final = json.dumps({"type": "Close"})
_CLOSED: Final = frozenset(
    {
        aiohttp.WSMsgType.CLOSE,
        aiohttp.WSMsgType.CLOSED,
        aiohttp.WSMsgType.CLOSING,
        aiohttp.WSMsgType.ERROR,
    }
)


@dataclass
class _Connection:
    """One WebSocket; its speed cannot be changed."""

    socket: aiohttp.ClientWebSocketResponse
    speed: float
    lines: int = 0
    """Lines that were said on it."""
    idle_since: float = 0.0

    @property
    def reused(self) -> bool:
        return self.lines > 0

    @property
    def can_be_reused(self) -> bool:
        idle_s = time.monotonic() - self.idle_since
        return not self.socket.closed and idle_s < _IDLE_S and self.lines < _LINES


class DeepgramVoice(tts.TTS[Any]):
    """One Aura voice. Keeps one idle connection for the next line."""

    def __init__(self, *, model: str, api_key: str, base_url: str) -> None:
        """Create the voice; it connects when the first line is said.

        Args:
            model: like `aura-2-andromeda-en`.
            base_url: scheme and host of the API.
        """
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=True),
            sample_rate=_SAMPLE_RATE,
            num_channels=1,
        )
        self._model = model
        self._api_key = api_key
        self._url = f"{base_url}/v1/speak"
        self._speed = 1.0
        self._idle: _Connection | None = None
        self._closing = TaskSet()

    @property
    def model(self) -> str:
        return self._model

    @property
    def provider(self) -> str:
        return "Deepgram"

    @property
    def speed(self) -> float:
        """The speed from the next line on; 1.0 is normal."""
        return self._speed

    def slow_down_to(self, speed: float) -> None:
        """Speak at this speed, or at the slowest that the voice has, from the next line on."""
        slowest = slowest_speed(self._model)
        if slowest is not None:
            self._speed = max(speed, slowest)

    def stream(
        self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.SynthesizeStream:
        return _Line(self, conn_options)

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return self._synthesize_with_stream(text, conn_options=conn_options)

    async def connect(self, timeout_s: float, *, fresh: bool = False) -> _Connection:
        """Return the idle connection, or a new one.

        Args:
            fresh: return a new one in any case.
        """
        idle, self._idle = self._idle, None
        if idle is not None:
            if not fresh and idle.can_be_reused and idle.speed == self._speed:
                return idle
            self.close(idle)
        query = {
            "model": self._model,
            "encoding": "linear16",
            "sample_rate": str(_SAMPLE_RATE),
            "mip_opt_out": "true",
        }
        if self._speed != 1.0:
            query["speed"] = f"{self._speed:g}"
        speed = self._speed
        async with asyncio.timeout(timeout_s):
            socket = await utils.http_context.http_session().ws_connect(
                f"{self._url}?{urlencode(query)}",
                headers={"Authorization": f"Token {self._api_key}"},
                timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_S),
            )
        return _Connection(socket, speed)

    def keep(self, connection: _Connection) -> None:
        """Keep a connection for the next line."""
        if self._idle is not None:
            self.close(self._idle)
        connection.lines += 1
        connection.idle_since = time.monotonic()
        self._idle = connection

    def close(self, connection: _Connection) -> None:
        """Close a connection in the background."""
        self._closing.start(_close(connection.socket), name="close_deepgram_voice")

    async def aclose(self) -> None:
        if self._idle is not None:
            self.close(self._idle)
            self._idle = None
        await asyncio.gather(*self._closing.tasks, return_exceptions=True)


async def _close(socket: aiohttp.ClientWebSocketResponse) -> None:
    try:
        if not socket.closed:
            await socket.send_str(_CLOSE)
    except (aiohttp.ClientError, OSError):
        pass
    await socket.close()


class _Line(tts.SynthesizeStream):
    """One line: text in, sound out, until the text ends."""

    def __init__(self, voice: DeepgramVoice, conn_options: APIConnectOptions) -> None:
        super().__init__(tts=voice, conn_options=conn_options)
        self._voice = voice
        self._words: list[str] = []
        """The text so far, in whole words, to send it again on a new connection."""
        self._complete = False
        self._more = asyncio.Event()

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        self._words.clear()
        self._complete = False
        request_id = utils.shortuuid()
        output_emitter.initialize(
            request_id=request_id,
            sample_rate=_SAMPLE_RATE,
            num_channels=1,
            mime_type="audio/pcm",
            stream=True,
        )
        reading = asyncio.create_task(self._read(), name="read_line")
        try:
            if not await self._has_text():
                return
            output_emitter.start_segment(segment_id=utils.shortuuid())
            await self._say(output_emitter)
            output_emitter.end_segment()
        except TimeoutError:
            raise APITimeoutError() from None
        except aiohttp.WSServerHandshakeError as e:
            raise APIStatusError(
                "Deepgram refused the voice", status_code=e.status, request_id=request_id
            ) from None
        except (aiohttp.ClientError, OSError) as e:
            raise APIConnectionError(f"Deepgram's voice: {type(e).__name__}") from None
        finally:
            await utils.aio.cancel_and_wait(reading)

    async def _say(self, output_emitter: tts.AudioEmitter) -> None:
        """Say the line; once more if a reused connection fails before the first sound."""
        connection = await self._voice.connect(self._conn_options.timeout)
        self._connection_reused = connection.reused
        try:
            await self._exchange(connection, output_emitter)
        except (APIError, TimeoutError, aiohttp.ClientError, OSError):
            if not connection.reused or output_emitter.pushed_duration() > 0.0:
                raise
            connection = await self._voice.connect(self._conn_options.timeout, fresh=True)
            await self._exchange(connection, output_emitter)

    async def _exchange(self, connection: _Connection, output_emitter: tts.AudioEmitter) -> None:
        """Send the text and receive its sound."""
        timeout = self._conn_options.timeout
        loop = asyncio.get_running_loop()
        finished = False
        try:
            async with asyncio.timeout(None) as limit:

                async def send() -> None:
                    async for words in self._text():
                        self._mark_started()
                        await connection.socket.send_json({"type": "Speak", "text": words})
                    await connection.socket.send_str(_FLUSH)
                    first_s = min(timeout, _REUSED_FIRST_AUDIO_S)
                    limit.reschedule(loop.time() + (first_s if connection.reused else timeout))

                async def receive() -> None:
                    while True:
                        message = await connection.socket.receive()
                        if limit.when() is not None:
                            limit.reschedule(loop.time() + timeout)
                        if message.type is aiohttp.WSMsgType.BINARY:
                            output_emitter.push(message.data)
                        elif _is_end(connection.socket, message):
                            return

                tasks = [asyncio.create_task(send()), asyncio.create_task(receive())]
                try:
                    await asyncio.gather(*tasks)
                finally:
                    await utils.aio.gracefully_cancel(*tasks)
            finished = True
        finally:
            (self._voice.keep if finished else self._voice.close)(connection)

    async def _read(self) -> None:
        """Collect the text as it comes; the last word is incomplete until something follows."""
        rest = ""
        async for piece in self._input_ch:
            if isinstance(piece, str):
                words, space, rest = _split_last_word(rest + piece)
                self._add(words + space)
        self._add(rest)
        self._complete = True
        self._more.set()

    def _add(self, text: str) -> None:
        if text:
            self._words += _parts(text)
            self._more.set()

    async def _has_text(self) -> bool:
        async for words in self._text():
            if words.strip():
                return True
        return False

    async def _text(self) -> AsyncIterator[str]:
        """The text from its start, as it comes."""
        sent = 0
        while True:
            while sent < len(self._words):
                sent += 1
                yield self._words[sent - 1]
            if self._complete:
                return
            self._more.clear()
            await self._more.wait()


def _is_end(socket: aiohttp.ClientWebSocketResponse, message: aiohttp.WSMessage) -> bool:
    """Whether a message ends the line.

    Raises:
        APIError: it ends the line before its end.
    """
    if message.type in _CLOSED:
        raise APIStatusError("Deepgram closed the connection", status_code=socket.close_code or -1)
    if message.type is not aiohttp.WSMsgType.TEXT:
        return False
    try:
        kind = json.loads(message.data).get("type")
    except (ValueError, AttributeError):
        return False
    if kind in ("Error", "error"):
        raise APIError("Deepgram reported an error")
    return bool(kind == "Flushed")


def _split_last_word(text: str) -> tuple[str, str, str]:
    """Split before the last word, which may go on."""
    at = max(text.rfind(" "), text.rfind("\n"))
    return (text[:at], text[at], text[at + 1 :]) if at >= 0 else ("", "", text)


def _parts(text: str) -> list[str]:
    return [text[at : at + _SPEAK_CHARACTERS] for at in range(0, len(text), _SPEAK_CHARACTERS)]
