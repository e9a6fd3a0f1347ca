"""The speech recognition of Gemini's Live API.

https://ai.google.dev/gemini-api/docs/live-api/live-transcribe: `setup`, then `realtimeInput`.
"""

from __future__ import annotations

import base64
from typing import Any

from agent.demo.providers.deepgram.listen import Listener

MODELS = frozenset({"gemini-3.5-transcribe-live"})
_SETUP = frozenset({"model", "generationConfig", "inputAudioTranscription"})
_TRANSCRIPTION = frozenset({"languageCodes", "customVocabulary"})
_MOST_TERMS = 1_000


class LiveListener(Listener):
    """Serves one connection."""

    provider = "live"
    _is_set_up = False

    async def on_command(self, command: dict[str, Any]) -> None:
        if not self._is_set_up:
            problem = _setup_problem(command)
            if problem:
                await self.socket.close(code=1008, message=problem.encode())
            else:
                self._is_set_up = True
                setup = command["setup"]
                terms = setup["inputAudioTranscription"].get("customVocabulary", [])
                self.call.detail |= {"model": setup["model"], "keyterms": terms}
                await self.send({"setupComplete": {}})
            return
        sent = command.get("realtimeInput")
        audio = sent.get("audio") if isinstance(sent, dict) else None
        if isinstance(sent, dict) and sent.get("audioStreamEnd"):
            await self.end_utterance()
        elif isinstance(audio, dict) and audio.get("mimeType") == "audio/pcm;rate=16000":
            await self.take_sound(base64.b64decode(audio.get("data", "")))
        else:
            await self.socket.close(code=1007, message=b"Request contains an invalid argument.")

    async def send_result(self, text: str, *, is_final: bool) -> None:
        name = "inputTranscription" if is_final else "interimInputTranscription"
        if text:
            await self.send({"serverContent": {name: {"text": text, "languageCode": "en-US"}}})


def _setup_problem(command: dict[str, Any]) -> str:
    setup = command.get("setup")
    if not isinstance(setup, dict):
        return "setup must be the first message and only the first"
    if unknown := set(setup) - _SETUP:
        return f"Unknown name {min(unknown)!r} at 'setup'"
    if str(setup.get("model", "")).removeprefix("models/") not in MODELS:
        return f"{setup.get('model')} is not found, or is not supported for bidiGenerateContent"
    if (setup.get("generationConfig") or {}).get("responseModalities") != ["TEXT"]:
        return "The requested combination of response modalities is not supported by the model."
    transcription = setup.get("inputAudioTranscription")
    if not isinstance(transcription, dict) or set(transcription) - _TRANSCRIPTION:
        return "Invalid value at 'setup.input_audio_transcription'"
    terms = transcription.get("customVocabulary", [])
    return "too many custom_vocabulary" if len(terms) > _MOST_TERMS else ""
