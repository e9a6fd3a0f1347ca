"""Speech recognition by Gemini's Live API, with GOOGLE_API_KEY.

Protocol: https://ai.google.dev/gemini-api/docs/live-api/live-transcribe. The plugin's
`google.beta.GeminiSTT` (1.8.9) is not used: it connects without a timeout, creates a client for
each connection (100 ms), and does not report the end of a turn. google-genai also uses TLS if
GOOGLE_GEMINI_BASE_URL begins with http://.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Awaitable, Sequence
from typing import Any, Final, Self

import aiohttp
from livekit import rtc
from livekit.agents import APIConnectionError, APIStatusError, LanguageCode, utils
from livekit.agents.stt import SpeechData, SpeechEvent, SpeechEventType

from agent.core.settings import VoiceSettings
from agent.speech.endpointing import endpointing_delays
from agent.speech.gemini_live import LIVE_PATH, live_setup

_CONNECT_S: Final = 2.5
"""Limit for the connection, and again for the answer to the set-up message."""
_HEARTBEAT_S: Final = 10.0
_RATE: Final = 16_000
_TAG: Final = re.compile(r"<\w+>")


class GeminiTranscription:
    """Opens connections to Gemini's speech recognition."""

    def __init__(self, settings: VoiceSettings, http: aiohttp.ClientSession | None = None) -> None:
        self._http = http
        base = settings.google_gemini_base_url
        self._url = base.replace("http", "ws", 1) + LIVE_PATH
        self._key = settings.google_api_key.get_secret_value()
        self.model = settings.gemini_stt_model
        self._keyterms: Sequence[str] = ()

    def use_keyterms(self, keyterms: Sequence[str]) -> None:
        """Recognise these names and words from the next connection on."""
        self._keyterms = keyterms

    def stream(self) -> GeminiTranscriptionStream:
        http = self._http or utils.http_context.http_session()
        connecting = http.ws_connect(
            self._url, headers={"x-goog-api-key": self._key}, heartbeat=_HEARTBEAT_S
        )
        setup = live_setup(self.model, self._keyterms)
        return GeminiTranscriptionStream(connecting, setup)


class GeminiTranscriptionStream:
    """One connection: takes audio, yields transcripts and the start and end of each turn."""

    def __init__(
        self, connecting: Awaitable[aiohttp.ClientWebSocketResponse], setup: dict[str, Any]
    ) -> None:
        self._connecting, self._setup = connecting, setup
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()
        self._events: asyncio.Queue[SpeechEvent | Exception] = asyncio.Queue()
        self._resampler: rtc.AudioResampler | None = None
        self._in_turn = False
        self._turn_end: asyncio.TimerHandle | None = None
        self._task = asyncio.create_task(self._run(), name="gemini_transcription")

    def push_frame(self, frame: rtc.AudioFrame) -> None:
        frames = [frame]
        if frame.sample_rate != _RATE:
            if self._resampler is None:
                self._resampler = rtc.AudioResampler(frame.sample_rate, _RATE)
            frames = self._resampler.push(frame)
        for part in frames:
            self._frames.put_nowait(bytes(part.data))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SpeechEvent:
        event = await self._events.get()
        if isinstance(event, Exception):
            raise event
        return event

    async def aclose(self) -> None:
        if self._turn_end is not None:
            self._turn_end.cancel()
        await utils.aio.cancel_and_wait(self._task)

    async def _run(self) -> None:
        try:
            async with asyncio.timeout(_CONNECT_S):
                socket = await self._connecting
            async with socket:
                await self._use(socket)
        except aiohttp.WSServerHandshakeError as e:
            # Do not chain the exception: its headers contain the API key.
            self._events.put_nowait(
                APIStatusError("Gemini refused the connection", status_code=e.status)
            )
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as e:
            name = type(e).__name__
            self._events.put_nowait(APIConnectionError(f"Gemini's connection failed ({name})"))

    async def _use(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async with asyncio.timeout(_CONNECT_S):
            await socket.send_json(self._setup)
            if "setupComplete" not in await _receive(socket):
                raise ValueError("no setupComplete")
        sending = asyncio.create_task(self._send(socket), name="gemini_transcription_send")
        try:
            while True:
                self._take(await _receive(socket))
        finally:
            await utils.aio.cancel_and_wait(sending)

    async def _send(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            audio = {
                "data": base64.b64encode(await self._frames.get()).decode(),
                "mimeType": f"audio/pcm;rate={_RATE}",
            }
            await socket.send_json({"realtimeInput": {"audio": audio}})

    def _take(self, message: dict[str, Any]) -> None:
        content = message.get("serverContent") or {}
        interim = _words_of(content.get("interimInputTranscription"))
        final = _words_of(content.get("inputTranscription"))
        if interim and not final:
            self._emit(SpeechEventType.INTERIM_TRANSCRIPT, interim)
        if final:
            self._emit(SpeechEventType.FINAL_TRANSCRIPT, final)
            # Gemini ends a transcript at every pause, but the trainee may continue.
            delay = endpointing_delays(final)["min_delay"]
            self._turn_end = asyncio.get_running_loop().call_later(delay, self._end_turn)

    def _emit(self, kind: SpeechEventType, text: str) -> None:
        if self._turn_end is not None:
            self._turn_end.cancel()
        if not self._in_turn:
            self._in_turn = True
            self._events.put_nowait(SpeechEvent(type=SpeechEventType.START_OF_SPEECH))
        said = SpeechData(language=LanguageCode(""), text=text, confidence=1.0)
        self._events.put_nowait(SpeechEvent(type=kind, alternatives=[said]))

    def _end_turn(self) -> None:
        self._in_turn = False
        self._events.put_nowait(SpeechEvent(type=SpeechEventType.END_OF_SPEECH))


def _words_of(transcription: dict[str, Any] | None) -> str:
    """Return what was said; Gemini writes `<noise>` for other sounds."""
    return _TAG.sub("", (transcription or {}).get("text", "")).strip()


async def _receive(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    message = await socket.receive()
    if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
        raise ConnectionError(str(message.type))
    content = json.loads(message.data)
    if not isinstance(content, dict):
        raise ValueError("not a JSON object")
    return content
