"""Deepgram as livekit-plugins-deepgram 1.8.9 calls it: `/v1/listen` and `/v1/speak`; and as
`doctor` does: `/v1/auth/token` and `/v1/models`.

Recognition and voice are real, on this machine; what it cannot recognise it does not transcribe,
unless a test says what is heard (`hears.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re

from aiohttp import WSMsgType, web

from agent.demo.providers.deepgram.listen import Listener
from agent.demo.providers.deepgram.scripted_speech import Hears
from agent.demo.providers.deepgram.speak import Speaker
from agent.demo.providers.faults import Faults
from agent.demo.providers.speech import Recogniser, Voice, choose_voice
from agent.demo.providers.wire import Call, Calls, Latency, failing_answer, is_no_key, refusal

logger = logging.getLogger("training-greeter.stand-ins")

VOICES = (
    *("aura-2-andromeda-en", "aura-2-thalia-en", "aura-2-apollo-en", "aura-2-celeste-es"),
    *("aura-2-agathe-fr", "aura-2-viktoria-de", "aura-2-livia-it", "aura-2-rhea-nl"),
    "aura-2-izanami-ja",
)
"""The voices it lists: those the product names. It speaks by any name of this form."""
_OVER = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)
_HEARS = re.compile(r"(?:nova(?:-[123])?|enhanced|base|whisper|flux)(?:-[a-z-]+)?")
_RATES = frozenset({8000, 16000, 24000, 32000, 44100, 48000})


class Deepgram:
    """Both services on one address."""

    def __init__(self, *, faults: Faults, calls: Calls, latency: Latency, voice: Voice) -> None:
        self._faults, self._calls, self._latency = faults, calls, latency
        self._recogniser, self._voice = Recogniser(), voice
        self.hears = Hears()
        self._said_deaf = False

    async def load(self) -> None:
        """Load the model; the voice is its owner's to load."""
        await self._recogniser.load()

    def close(self) -> None:
        self._recogniser.close()

    @property
    def recognises_speech(self) -> bool:
        """Whether English is transcribed here."""
        return not self._recogniser.unavailable

    @property
    def speaks(self) -> bool:
        return not self._voice.unavailable

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/listen", self._listen)
        app.router.add_get("/v1/speak", self._speak)
        app.router.add_post("/v1/speak", self._speak_at_once)
        app.router.add_get("/v1/auth/token", self._look)
        app.router.add_get("/v1/models", self._look)
        return app

    async def _look(self, request: web.Request) -> web.StreamResponse:
        """Who the key is, and which voices there are."""
        call = self._calls.add("stt", f"GET {request.path}")
        if failure := await failing_answer(request, self._faults, call, lasting=True):
            return failure
        if problem := _problem(request, call):
            return problem
        call.status = 200
        if request.path == "/v1/models":
            voices = [{"canonical_name": voice, "architecture": "aura-2"} for voice in VOICES]
            return web.json_response({"stt": [{"canonical_name": "nova-3"}], "tts": voices})
        return web.json_response({"api_key_id": "stand-in", "scopes": ["usage:write"]})

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        call = self._calls.add("stt", "WS /v1/listen", model=request.query.get("model"))
        if failure := await failing_answer(request, self._faults, call):
            return failure
        deaf = _HEARS.fullmatch(request.query.get("model", "nova-3")) is None
        if problem := _problem(request, call, voiceless=deaf):
            return problem
        # A half-open connection does not even answer pings.
        half_open = self._faults.take("stt", "half-open") is not None
        socket = web.WebSocketResponse(autoping=not half_open)
        await socket.prepare(request)
        call.status = 101
        if half_open:
            call.detail["fault"] = "half-open"
            # Everything is read and nothing is ever answered, until the peer is gone.
            while (await socket.receive()).type not in _OVER:
                pass
            return socket
        listener = Listener(
            request,
            socket,
            recogniser=self._recogniser,
            hears=self.hears,
            faults=self._faults,
            call=call,
            extra_s=self._latency.stt_s,
        )
        if not listener.can_recognise and not self._said_deaf:
            self._said_deaf = True
            logger.warning(
                "speech is not transcribed: typed answers only",
                extra={"language": request.query.get("language"), "model": self.recognises_speech},
            )
        with contextlib.suppress(ConnectionError):  # the peer may go at any moment
            await listener.run()
            if not socket.closed:
                metadata = {"type": "Metadata", "request_id": "stand-in", "channels": 1}
                await socket.send_json(metadata)
                await socket.close()
        call.detail["ended"] = True
        return socket

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        model, speed = request.query.get("model"), _speed(request)
        call = self._calls.add("tts", "WS /v1/speak", model=model, speed=speed)
        if failure := await failing_answer(request, self._faults, call, of="aura"):
            return failure
        choice = choose_voice(request.query.get("model", ""), _speed(request))
        if problem := _problem(request, call, voiceless=choice is None):
            return problem
        assert choice is not None
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        call.status = 101
        speaker = Speaker(
            request,
            socket,
            voice=self._voice,
            choice=choice,
            sample_rate=_rate(request),
            faults=self._faults,
            call=call,
            first_byte_s=self._latency.tts_s,
        )
        with contextlib.suppress(ConnectionError):
            await speaker.run()
        return socket

    async def _speak_at_once(self, request: web.Request) -> web.StreamResponse:
        call = self._calls.add("tts", "POST /v1/speak", model=request.query.get("model"))
        if failure := await failing_answer(request, self._faults, call, of="aura"):
            return failure
        choice = choose_voice(request.query.get("model", ""), _speed(request))
        if problem := _problem(request, call, voiceless=choice is None):
            return problem
        assert choice is not None
        try:
            text = (await request.json())["text"]
        except (ValueError, KeyError, TypeError):
            call.status = 400
            return refusal("tts", 400, "the body has no text")
        await asyncio.sleep(self._latency.tts_s)
        call.detail["said"] = [text]
        silent = self._faults.take("aura", "silent")
        sound = b"" if silent else await self._voice.say(str(text), choice, _rate(request))
        call.status = 200
        return web.Response(body=sound, content_type="audio/l16")


def _problem(
    request: web.Request, call: Call, *, voiceless: bool = False
) -> web.StreamResponse | None:
    """Why the real service would refuse this call; None: it would not."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    problem: web.Response | None = None
    if scheme.lower() not in {"token", "bearer"} or is_no_key(key):
        problem = refusal(call.provider, 401, "Invalid credentials.")
    elif request.query.get("encoding", "linear16") != "linear16":
        problem = refusal(call.provider, 400, "this stand-in knows linear16 only")
    elif _rate(request) not in _RATES:
        problem = refusal(call.provider, 400, "unsupported sample_rate")
    elif voiceless:
        problem = refusal(call.provider, 400, "No such model/voice found.")
    if problem:
        call.status = problem.status
    return problem


def _rate(request: web.Request) -> int:
    text = request.query.get("sample_rate", "24000")
    return int(text) if text.isdigit() else 0


def _speed(request: web.Request) -> float:
    try:
        return float(request.query.get("speed", "1"))
    except ValueError:
        return 1.0
