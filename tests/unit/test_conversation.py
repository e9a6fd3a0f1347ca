"""What a conversation is made of, read off the real plugins' objects."""

from __future__ import annotations

import pytest
from livekit.agents import inference

from agent.conversation import build_llm, build_session
from agent.errors import ConfigError
from agent.settings import VoiceSettings

ENVIRONMENT = {
    "GOOGLE_API_KEY": "google",
    "DEEPGRAM_API_KEY": "deepgram",
    "DEEPGRAM_BASE_URL": "https://deepgram.example.com",
}


@pytest.mark.parametrize(
    ("locale", "language", "voice"),
    [
        ("en", "multi", "aura-2-andromeda-en"),
        ("es-MX", "multi", "aura-2-celeste-es"),
        ("de", "multi", "aura-2-viktoria-de"),
    ],
)
async def test_ears_and_voice_are_of_the_scripts_language(
    locale: str, language: str, voice: str
) -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    session = build_session(settings, build_llm(settings), locale)
    assert str(session.stt._opts.language) == language
    assert session.tts._opts.model == voice


async def test_a_language_without_aura_is_spoken_by_gemini_and_heard_by_its_tag() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    session = build_session(settings, build_llm(settings), "pl")
    assert str(session.stt._opts.language) == "pl"
    assert session.tts.provider != "Deepgram"
    assert session.tts._opts.voice_name == "Kore"


async def test_addresses_get_the_providers_paths() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    session = build_session(settings, build_llm(settings), "en")
    assert session.stt._opts.endpoint_url == "https://deepgram.example.com/v1/listen"
    assert session.tts._opts.base_url == "https://deepgram.example.com/v1/speak"


async def test_nothing_calls_livekits_gateway() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    session = build_session(settings, build_llm(settings), "en")
    handling = session.options.turn_handling
    assert isinstance(handling["turn_detection"], inference.TurnDetector)
    assert handling["turn_detection"].model.endswith("v1-mini")
    assert handling["interruption"]["mode"] == "vad"


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("gemini-2.5-flash", {"thinking_budget": 0}),
        ("gemini-3.5-flash-lite", {"thinking_level": "minimal"}),
    ],
)
def test_thinking_is_off_in_the_models_own_way(model: str, thinking: dict[str, object]) -> None:
    settings = VoiceSettings.from_env({**ENVIRONMENT, "GEMINI_MODEL": model})
    assert build_llm(settings)._opts.thinking_config == thinking


def test_malformed_table_of_voices_is_named() -> None:
    with pytest.raises(ConfigError, match="VOICES: must look like name="):
        VoiceSettings.from_env({**ENVIRONMENT, "VOICES": "aura"})
