"""Gemini's voice, called by the pinned plugin."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio
from livekit.agents import APIConnectionError, APIConnectOptions, APIError, APIStatusError
from livekit.plugins import google

from agent.demo.providers.gemini.speech import _voice_for as voice_for
from tests.support.providers import Providers

ONCE = APIConnectOptions(max_retry=0, retry_interval=0.05, timeout=6)
POLISH = "Dzień dobry, nazywam się Maya i witam Panią na szkoleniu."


@pytest_asyncio.fixture
async def voice(
    providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[google.beta.GeminiTTS]:
    # The plugin has no other way to be told the address.
    url = providers.environment["GOOGLE_GEMINI_BASE_URL"]
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", url)
    speaker = google.beta.GeminiTTS(voice_name="Kore", api_key="key")
    yield speaker
    await speaker.aclose()


async def sound_of(voice: google.beta.GeminiTTS, text: str) -> np.ndarray:
    async with asyncio.timeout(60), voice.synthesize(text, conn_options=ONCE) as stream:
        frames = [event.frame async for event in stream]
    assert {frame.sample_rate for frame in frames} <= {24_000}
    parts = [np.frombuffer(frame.data, np.int16) for frame in frames]
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)


async def test_gemini_voice_speaks_the_words_and_is_recorded_as_tts(
    providers: Providers, voice: google.beta.GeminiTTS
) -> None:
    sound = await sound_of(voice, POLISH)
    assert 2 < len(sound) / 24_000 < 8
    assert np.abs(sound).max() > 3_000
    assert await providers.calls("llm") == []
    (call,) = await providers.calls("tts")
    assert call["status"] == 200
    assert call["detail"]["said"] == [POLISH]
    assert (call["detail"]["voice"], call["detail"]["spoken_as"]) == ("Kore", "pl+f3")


@pytest.mark.usefixtures("voice")
async def test_gemini_voice_does_not_read_the_style_instructions(providers: Providers) -> None:
    styled = google.beta.GeminiTTS(
        model="gemini-3.8-flash-tts", voice_name="Puck", api_key="key", instructions="Warmly"
    )
    assert len(await sound_of(styled, "Olá, eu sou a Maya.")) > 24_000
    await styled.aclose()
    (call,) = await providers.calls("tts")
    assert call["detail"]["said"] == ["Olá, eu sou a Maya."]
    assert call["detail"]["spoken_as"] == "pt+michel"


@pytest.mark.parametrize(
    ("text", "espeak"),
    [
        ("Witamy na szkoleniu, to jest krótki film.", "pl"),
        ("Bem-vindo ao seu treinamento, eu sou a Maya.", "pt"),
        ("Benvenuto, io sono Maya e questa è la tua formazione.", "it"),
        ("Добро пожаловать на обучение.", "ru"),
        ("Ласкаво просимо, мене звати Майя, і я ваш гід.", "uk"),
        ("欢迎参加培训。", "cmn"),
        ("Hello and welcome to your training.", "en-us"),
        ("Xyzzy.", "en-us"),
    ],
)
async def test_gemini_voice_guesses_the_language(
    text: str, espeak: str, voice: google.beta.GeminiTTS
) -> None:
    assert voice_for(text, "Kore").name == f"{espeak}+f3"
    assert len(await sound_of(voice, text)) > 6_000


@pytest.mark.parametrize(
    ("fault", "error", "status"),
    [
        ("tts:429", APIStatusError, 429),
        ("tts:503", APIStatusError, 503),
        ("tts:error", APIStatusError, 500),
        ("tts:drop", APIConnectionError, None),
        ("tts:refuse", APIConnectionError, None),
        ("tts:silent", APIError, None),
    ],
)
async def test_gemini_voice_fault_raises_in_the_plugin(
    providers: Providers,
    voice: google.beta.GeminiTTS,
    fault: str,
    error: type[Exception],
    status: int | None,
) -> None:
    await providers.faults(fault)
    with pytest.raises(error) as failed:
        await sound_of(voice, POLISH)
    if status is not None:
        assert failed.value.status_code == status  # type: ignore[attr-defined]


@pytest.mark.parametrize("fault", ["tts:hang", "tts:stall"])
async def test_gemini_voice_hanging_fault_sends_nothing(
    providers: Providers, voice: google.beta.GeminiTTS, fault: str
) -> None:
    # The plugin has no timeout of its own; its caller needs one.
    await providers.faults(fault)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await sound_of(voice, POLISH)


async def test_gemini_voice_slow_fault_is_slower_than_playback(
    providers: Providers, voice: google.beta.GeminiTTS
) -> None:
    await providers.faults("tts:slow=0.8")
    began = time.monotonic()
    sound = await sound_of(voice, "Hello.")
    assert time.monotonic() - began > len(sound) / 24_000
