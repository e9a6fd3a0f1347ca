"""Which providers a conversation has, read off the real plugins' objects."""

from __future__ import annotations

from typing import Any

import pytest
from livekit.agents import inference

from agent.conversation.conversation import Conversation
from agent.core.errors import ConfigError
from agent.core.job_metadata import JobMetadata
from agent.core.settings import VoiceSettings
from agent.speech.providers import build_llm, build_session, build_stt, build_tts

ENVIRONMENT = {
    "GOOGLE_API_KEY": "google",
    "DEEPGRAM_API_KEY": "deepgram",
    "DEEPGRAM_BASE_URL": "https://deepgram.example.com",
}


def aura_of(conversation: Conversation) -> Any:
    """The voice that speaks as long as it can."""
    return conversation.greeter.tts._tts_instances[0]


@pytest.mark.parametrize(
    ("locale", "voice"),
    [
        ("en", "aura-2-andromeda-en"),
        ("es-MX", "aura-2-celeste-es"),
        ("fr", "aura-2-agathe-fr"),
        ("de", "aura-2-viktoria-de"),
        # No script in Polish: it is greeted in English, by an English voice.
        ("pl", "aura-2-andromeda-en"),
    ],
)
async def test_voice_is_of_the_scripts_language(locale: str, voice: str) -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    metadata = JobMetadata.model_validate({"locale": locale})
    conversation = Conversation(build_llm(settings), metadata, settings=settings)
    assert aura_of(conversation)._opts.model == voice
    assert str(conversation.greeter.stt._opts.language) == "multi"


async def test_ears_go_on_listening_when_the_language_is_switched_and_the_voice_changes() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    conversation = Conversation(build_llm(settings), JobMetadata(), settings=settings)
    before = conversation.greeter
    after = conversation.successor("es")
    assert after is conversation.greeter
    assert after.stt is before.stt
    assert aura_of(conversation)._opts.model == "aura-2-celeste-es"


async def test_asked_to_slow_down_every_voice_does_as_far_as_it_can() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    conversation = Conversation(build_llm(settings), JobMetadata(), settings=settings)
    english = aura_of(conversation)
    assert english._opts.speed is None
    assert conversation.slow_down()
    assert english._opts.speed == 0.85
    assert conversation.successor("es") is not None
    assert aura_of(conversation)._opts.speed == 0.85
    assert conversation.slow_down()
    assert english._opts.speed == 0.7
    assert not conversation.slow_down()


async def test_a_voice_of_geminis_speaks_by_gemini() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    voice = build_tts(settings, "gemini:Leda")
    assert voice.capabilities.streaming
    spoken_by = voice._wrapped_tts
    assert spoken_by.provider != "Deepgram"
    assert (spoken_by._opts.voice_name, spoken_by._opts.model) == (
        "Leda",
        settings.gemini_tts_model,
    )
    # The plugin's own client would wait for ever.
    assert spoken_by._client._api_client._http_options.timeout == 6_000


async def test_behind_a_voice_and_a_model_stands_another_unless_none_is_wanted() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    conversation = Conversation(build_llm(settings), JobMetadata(), settings=settings)
    first, second = conversation.greeter.tts._tts_instances
    assert (first.provider, second._wrapped_tts._opts.voice_name) == ("Deepgram", "Kore")
    alone = VoiceSettings.from_env(
        {**ENVIRONMENT, "FALLBACK_VOICE": "", "GEMINI_FALLBACK_MODEL": ""}
    )
    conversation = Conversation(build_llm(alone), JobMetadata(), settings=alone)
    assert len(conversation.greeter.tts._tts_instances) == 1
    assert len(build_llm(alone)._llm_instances) == 1


async def test_what_multi_does_not_cover_is_heard_by_its_own_tag() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    assert str(build_stt(settings, "pl")._opts.language) == "pl"


async def test_addresses_get_the_providers_paths() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    assert build_stt(settings, "en")._opts.endpoint_url == "https://deepgram.example.com/v1/listen"
    voice = build_tts(settings, "aura-2-andromeda-en")
    assert voice._opts.base_url == "https://deepgram.example.com/v1/speak"


async def test_nothing_calls_livekits_gateway() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    session = build_session(build_llm(settings))
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
    first, second = build_llm(settings)._llm_instances
    assert first._opts.thinking_config == thinking
    assert second.model == settings.gemini_fallback_model


def test_malformed_table_of_voices_is_named() -> None:
    with pytest.raises(ConfigError, match="VOICES: must look like name="):
        VoiceSettings.from_env({**ENVIRONMENT, "VOICES": "aura"})
