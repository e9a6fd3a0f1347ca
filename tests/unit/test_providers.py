"""The providers of a conversation, read from the objects of the real plugins."""

from __future__ import annotations

from typing import Any

import pytest

from agent.conversation.conversation import Conversation
from agent.conversation.state import GreetingState
from agent.conversation.voice_activity import VoiceActivity
from agent.core.errors import ConfigError
from agent.core.events import Events
from agent.core.job_metadata import JobMetadata
from agent.core.settings import VoiceSettings
from agent.speech.gemini_thinking import thinking_of
from agent.speech.models import build_llm
from agent.speech.pronunciation import can_be_said
from agent.speech.recognition import build_recognition
from agent.speech.recognition_models import choose_recognition
from agent.speech.session import build_session
from agent.speech.synthesis import build_tts

ENVIRONMENT = {
    "GOOGLE_API_KEY": "google",
    "DEEPGRAM_API_KEY": "deepgram",
    "DEEPGRAM_BASE_URL": "https://deepgram.example.com",
}


def build_conversation(
    settings: VoiceSettings, metadata: JobMetadata | None = None
) -> Conversation:
    state = GreetingState(metadata=metadata or JobMetadata())
    return Conversation(build_llm(settings), state, settings)


def first_voice(conversation: Conversation) -> Any:
    """The voice that speaks until it fails."""
    return conversation.agent.tts._tts_instances[0]


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
async def test_voice_speaks_the_language_of_the_script(locale: str, voice: str) -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    metadata = JobMetadata.model_validate({"locale": locale})
    conversation = build_conversation(settings, metadata)
    assert first_voice(conversation).model == voice
    assert conversation.agent.stt._opts.model == "flux-general-multi"


async def test_switch_language_keeps_recognition_and_changes_the_voice() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    conversation = build_conversation(settings)
    before = conversation.agent
    after = conversation.script_in_use.switch_language("es")
    assert after is conversation.agent
    assert after.stt is before.stt
    assert isinstance(after.vad, VoiceActivity)
    assert after.vad is before.vad
    assert first_voice(conversation).model == "aura-2-celeste-es"


async def test_slow_down_slows_every_voice_to_its_limit() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    conversation = build_conversation(settings)
    english = first_voice(conversation)
    assert english.speed == 1.0
    assert conversation.script_in_use.slow_down()
    assert english.speed == 0.85
    assert conversation.script_in_use.switch_language("es") is not None
    # Deepgram advises against less than 0.9 for Spanish.
    assert first_voice(conversation).speed == 0.9
    assert not conversation.script_in_use.slow_down()
    assert english.speed == 0.7


async def test_slow_down_does_not_set_the_speed_of_a_voice_without_one() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    conversation = build_conversation(settings, JobMetadata.model_validate({"locale": "fr"}))
    assert not conversation.script_in_use.slow_down()
    assert first_voice(conversation).speed == 1.0
    # The wish is kept for a language whose voice can be slower, and only for that one.
    assert conversation.script_in_use.switch_language("en") is not None
    assert first_voice(conversation).speed == 0.85
    assert conversation.script_in_use.switch_language("de") is not None
    assert first_voice(conversation).speed == 1.0


async def test_gemini_voice_uses_gemini_with_a_time_limit() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    voice: Any = build_tts(settings, "gemini:Leda")
    assert voice.capabilities.streaming
    spoken_by = voice._wrapped_tts
    assert spoken_by.provider != "Deepgram"
    assert (spoken_by._opts.voice_name, spoken_by._opts.model) == (
        "Leda",
        settings.gemini_tts_model,
    )
    # The plugin's own client would wait without limit.
    assert spoken_by._client._api_client._http_options.timeout == 6_000


@pytest.mark.parametrize(
    ("voice", "reads_all"), [("aura-2-andromeda-en", False), ("gemini:Kore", True)]
)
async def test_agent_reads_every_alphabet_if_its_voice_does(voice: str, reads_all: bool) -> None:
    settings = VoiceSettings.from_env({**ENVIRONMENT, "VOICES": f"en={voice}"})
    assert can_be_said("视频很短", build_conversation(settings).agent.voice) is reads_all


async def test_voice_and_model_have_a_fallback_unless_it_is_empty() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    conversation = build_conversation(settings)
    first, second = conversation.agent.tts._tts_instances
    assert (first.provider, second._wrapped_tts._opts.voice_name) == ("Deepgram", "Kore")
    alone = VoiceSettings.from_env(
        {**ENVIRONMENT, "FALLBACK_VOICE": "", "GEMINI_FALLBACK_MODEL": ""}
    )
    conversation = build_conversation(alone)
    assert len(conversation.agent.tts._tts_instances) == 1
    assert len(build_llm(alone)._llm_instances) == 1


async def test_base_urls_get_the_paths_of_the_provider() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    for model, path in (("flux-general-en", "/v2/listen"), ("nova-3", "/v1/listen")):
        stt: Any = build_recognition(settings, choose_recognition(model, ["en"]), Events()).stt
        address = stt._opts.endpoint_url
        assert address == f"https://deepgram.example.com{path}"


async def test_session_does_not_use_livekit_gateway() -> None:
    settings = VoiceSettings.from_env(ENVIRONMENT)
    handling = build_session(build_llm(settings), None).options.turn_handling
    assert handling["turn_detection"] == "vad"
    assert handling["interruption"]["mode"] == "vad"


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("gemini-2.5-flash", {"thinking_budget": 0}),
        ("models/gemini-2.5-flash-lite", {"thinking_budget": 0}),
        ("gemini-2.5-pro", {"thinking_budget": 128}),
        ("gemini-3.5-flash-lite", {"thinking_level": "MINIMAL"}),
        ("gemini-3-flash-preview", {"thinking_level": "MINIMAL"}),
        ("gemini-3.6-flash", {"thinking_level": "MINIMAL"}),
        ("gemini-3.8-flash", {"thinking_level": "LOW"}),
        ("gemini-3.1-pro-preview", {"thinking_level": "LOW"}),
        ("gemini-2.5-flash-lite-preview-09-2025", {"thinking_budget": 0}),
        # Families that we do not know
        ("gemini-flash-latest", None),
        ("gemini-3.9-flash", None),
        ("gemini-4-argon", {"thinking_level": "LOW"}),
        ("gemini-2.0-flash", None),
        ("gemini-3.1-flash-image", None),
        ("gemini-2.5-flash-native-audio-latest", None),
    ],
)
def test_models_think_as_little_as_their_family_allows(
    model: str, thinking: dict[str, object] | None
) -> None:
    assert thinking_of(model) == thinking


def test_malformed_voices_name_the_variable() -> None:
    with pytest.raises(ConfigError, match="VOICES: must look like name="):
        VoiceSettings.from_env({**ENVIRONMENT, "VOICES": "aura"})


@pytest.mark.parametrize(
    "variables",
    [{"VOICES": "en=flux-alexis-en"}, {"FALLBACK_VOICE": "flux-alexis-en"}],
)
def test_flux_voices_are_refused(variables: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="flux-alexis-en.*Aura"):
        VoiceSettings.from_env({**ENVIRONMENT, **variables})
