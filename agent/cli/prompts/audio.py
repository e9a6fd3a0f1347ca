"""Audio of single lines for `prompts preview`: by the configured voices, or by the demo's voice."""

from __future__ import annotations

import asyncio
import importlib
import os
from typing import Any, TypeAlias

from agent.core.errors import ScriptError
from agent.core.locales import language_of
from agent.core.settings import VoiceSettings

_TIMEOUT_S = 20.0
_DEMO_RATE = 24_000  # Hz


class _ConfiguredVoices:
    description = "the voices of VOICES"
    """Which voices speak, for the writer."""

    def __init__(self) -> None:
        self._settings = VoiceSettings.from_env(os.environ)

    async def wav(self, text: str, locale: str, asked: str | None) -> bytes:
        """Return one line as a WAV file.

        Args:
            asked: the script's own `voice`.

        Raises:
            ScriptError: the voice does not speak; with the reason.
        """
        # Only with keys: livekit-agents takes a second to load.
        from livekit.agents import APIError
        from livekit.agents.utils import http_context

        from agent.speech.synthesis import build_tts
        from agent.speech.voices import choose_voice

        name = choose_voice(self._settings.voices, locale, asked)
        try:
            async with http_context.open(), asyncio.timeout(_TIMEOUT_S):
                voice = build_tts(self._settings, name)
                async with voice, voice.synthesize(text) as stream:
                    frame = await stream.collect()
        except (APIError, TimeoutError) as e:
            raise ScriptError(f"{name} did not speak: {type(e).__name__}; run doctor") from e
        return frame.to_wav_bytes()


class _DemoVoice:
    description = "the demo's voice, because DEEPGRAM_API_KEY or GOOGLE_API_KEY is not set"

    def __init__(self) -> None:
        try:
            # By name: the demo is a layer above this one, and its extra may not be installed.
            self._speech: Any = importlib.import_module("agent.demo.providers.speech")
        except ImportError as e:
            raise ScriptError(
                "no voice here: set the keys, or run it with `uv run --extra demo`"
            ) from e

    async def wav(self, text: str, locale: str, asked: str | None) -> bytes:
        voice = self._speech.Voice()
        await voice.load()
        if voice.unavailable:
            raise ScriptError(f"no voice here: {voice.unavailable}")
        from livekit.rtc import AudioFrame

        language = self._speech.espeak_name(language_of(locale), male=False)
        said = await voice.say(text, self._speech.VoiceChoice(language), _DEMO_RATE)
        return AudioFrame(said, _DEMO_RATE, 1, len(said) // 2).to_wav_bytes()


LineVoice: TypeAlias = _ConfiguredVoices | _DemoVoice


def line_voice() -> LineVoice:
    """Return the configured voices if the keys are set, otherwise the demo's voice.

    Raises:
        ConfigError: a setting of the voices is wrong.
        ScriptError: there is no voice.
    """
    if os.environ.get("DEEPGRAM_API_KEY") and os.environ.get("GOOGLE_API_KEY"):
        return _ConfiguredVoices()
    return _DemoVoice()
