"""Gemini's voice as livekit-plugins-google 1.8.9 asks for it (`GeminiTTS`): sound for a text.

It uses the LLM's route. The request does not say the language of the text, so the stand-in guesses
it. It does not read out the plugin's directions in front of the text.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import web

from agent.demo.providers.faults import Faults
from agent.demo.providers.gemini.messages import chunk, send_chunks
from agent.demo.providers.gemini.rules import message
from agent.demo.providers.speech import VoiceChoice, espeak_name
from agent.demo.providers.wire import CALL, Shared, hang, paced, refused

_RATE = 24_000
_LATENCY_S = 0.08
_VOICES: dict[str, Any] = json.loads(
    Path(__file__).with_name("voices.json").read_text(encoding="utf-8")
)
"""Google's voices, and the letters and frequent words of languages."""
_MALE, _FEMALE = (frozenset(_VOICES[group].lower().split()) for group in ("male", "female"))
_DIRECTED = re.compile(r'\A(?:[^"\n]*:\n)?"(.*)"\Z', re.S)


async def speak(request: web.Request, shared: Shared, body: dict[str, Any]) -> web.StreamResponse:
    """Read the text of one request aloud."""
    # In camel case or in snake case: the client sends both in one request.
    config = json.dumps(body["generationConfig"])
    named = re.search(r'"voice_?name": "(\w+)"', config, re.I)
    text, name = _text_of(body), named[1] if named else ""
    if not text or name.lower() not in _MALE | _FEMALE:
        raise refused("llm", 400, message("voice", name))
    choice = _voice_for(text, name)
    request[CALL].detail |= {"said": [text], "voice": name, "spoken_as": choice.name}
    if shared.faults.take("tts", "error"):
        raise refused("llm", 500)
    await asyncio.sleep(_LATENCY_S * shared.latency)
    silent = shared.faults.take("tts", "silent")
    sound = b"" if silent else await shared.voice.say(text, choice, _RATE)
    return await send_chunks(request, _chunks(request, shared.faults, sound))


async def _chunks(
    request: web.Request, faults: Faults, sound: bytes
) -> AsyncIterator[dict[str, Any]]:
    if faults.take("tts", "stall"):
        await hang(request)
        return
    async for piece in paced(request, sound, _RATE, faults, "tts"):
        data = base64.b64encode(piece).decode()
        yield chunk(
            [{"inlineData": {"mimeType": f"audio/L16;codec=pcm;rate={_RATE}", "data": data}}]
        )
    yield chunk([], finish="STOP")


def _voice_for(text: str, name: str) -> VoiceChoice:
    """The voice for a text, in the language that it looks like."""
    found = {tag: len(re.findall(like, text, re.I)) for tag, like in _VOICES["looks_like"].items()}
    best = max(found, key=lambda tag: found[tag])
    return VoiceChoice(espeak_name(best if found[best] else "en", male=name.lower() in _MALE))


def _text_of(body: dict[str, Any]) -> str:
    """The text to be read, without the plugin's directions and quotation marks."""
    parts = [part for content in body["contents"] for part in content.get("parts") or []]
    texts = [str(part.get("text", "")).strip() for part in parts]
    return " ".join(_DIRECTED.sub(r"\1", text) for text in texts if text)
