"""Gemini's voice as livekit-plugins-google 1.8.9 asks for it: `GeminiTTS`, sound for text.

It comes by the LLM's own route. eSpeak reads the text; which language that is, it has to guess, as
the request does not say. The plugin's directions in front of the text are not read out.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from agent.demo.providers.faults import Faults
from agent.demo.providers.speech import Voice, voice_for
from agent.demo.providers.wire import Call, Latency, drop, hang, refusal

_RATE = 24_000
_CHUNK_S = 0.2
_DIRECTED = re.compile(r'\A(?:[^"\n]*:\n)?"(.*)"\Z', re.S)


def wants_sound(body: Any) -> bool:
    """Whether a request to generateContent asks for sound."""
    wanted = _either_case(_either_case(body, "generationConfig"), "responseModalities")
    return isinstance(wanted, list) and [str(each).upper() for each in wanted] == ["AUDIO"]


class GeminiVoice:
    """Answers such requests."""

    def __init__(self, *, faults: Faults, latency: Latency, voice: Voice) -> None:
        self._faults, self._latency, self._voice = faults, latency, voice

    async def speak(
        self, request: web.Request, call: Call, body: dict[str, Any]
    ) -> web.StreamResponse:
        """Read the text of one request aloud."""
        text, name = _text_of(body), _voice_name(body)
        if not text or not name:
            call.status = 400
            return refusal("llm", 400, "contents or speechConfig is not specified")
        choice = voice_for(text, name)
        call.detail |= {"said": [text], "voice": name, "spoken_as": choice.name}
        if self._faults.take("tts", "error"):
            call.detail["fault"], call.status = "error", 500
            return refusal("llm", 500)
        await asyncio.sleep(self._latency.tts_s)
        silent = self._faults.take("tts", "silent")
        sound = b"" if silent else await self._voice.say(text, choice, _RATE)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        call.status = 200
        try:
            async for chunk in self._chunks(request, sound):
                await response.write(f"data: {json.dumps(chunk)}\r\n\r\n".encode())
        except ConnectionError:
            call.detail["cut"] = "the caller went away"  # an interruption: its right
        return response

    async def _chunks(self, request: web.Request, sound: bytes) -> AsyncIterator[dict[str, Any]]:
        step = int(_RATE * _CHUNK_S) * 2
        if self._faults.take("tts", "stall"):
            await hang(request)
            return
        slow = self._faults.take("tts", "slow")
        cut = self._faults.take("tts", "drop")
        if cut:
            # In the middle of the text, however short it is.
            sound = sound[: min(int(cut.value * _RATE) * 2, len(sound) // 4 * 2)]
        for start in range(0, len(sound), step):
            data = base64.b64encode(sound[start : start + step]).decode()
            part = {"inlineData": {"mimeType": f"audio/L16;codec=pcm;rate={_RATE}", "data": data}}
            yield _chunk([part])
            if slow:
                await asyncio.sleep(_CHUNK_S / slow.value)
        if cut:
            drop(request, reset=False)
            return
        yield _chunk([], finish="STOP")


def _chunk(parts: list[dict[str, Any]], *, finish: str | None = None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "stand-in", "responseId": "stand-in"}


def _text_of(body: dict[str, Any]) -> str:
    """What is to be read, without the plugin's directions and quotation marks."""
    contents = body.get("contents")
    spoken = []
    for content in contents if isinstance(contents, list) else []:
        for part in _either_case(content, "parts") or []:
            text = str(_either_case(part, "text") or "").strip()
            directed = _DIRECTED.match(text)
            spoken.append(directed[1] if directed else text)
    return " ".join(text for text in spoken if text)


def _voice_name(body: dict[str, Any]) -> str:
    """The prebuilt voice; the real service refuses a request that names none."""
    here: Any = body
    for key in ("generationConfig", "speechConfig", "voiceConfig", "prebuiltVoiceConfig"):
        here = _either_case(here, key)
    return str(_either_case(here, "voiceName") or "")


def _either_case(fields: Any, name: str) -> Any:
    """A field in camel case or in snake case: the client sends both in one request."""
    if not isinstance(fields, dict):
        return None
    snake = re.sub(r"[A-Z]", lambda m: "_" + m[0].lower(), name)
    return fields.get(name, fields.get(snake))
