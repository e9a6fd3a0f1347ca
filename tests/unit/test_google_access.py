"""Gemini on Vertex AI: the settings, and the requests of the real plugin."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from livekit.agents import llm

from agent.core.errors import ConfigError
from agent.core.settings import LlmSettings, VoiceSettings
from agent.speech.google_access import google_access, vertex_address
from agent.speech.models import build_llm
from agent.speech.synthesis import build_tts
from tests.fakes.vertex import vertex

EU = {
    "GOOGLE_GENAI_USE_VERTEXAI": "true",
    "GOOGLE_CLOUD_PROJECT": "greeter",
    "GOOGLE_CLOUD_LOCATION": "eu",
}
PATH = "/v1beta1/projects/greeter/locations/europe-west4/publishers/google/models/"


async def test_model_and_voice_are_requested_in_the_location(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with vertex(tmp_path) as (server, environ):
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        keys = {"DEEPGRAM_API_KEY": "key", "GEMINI_FALLBACK_MODEL": ""}
        settings = VoiceSettings.from_env({**environ, **keys})
        context = llm.ChatContext()
        context.add_message(role="user", content="Hello")
        async with asyncio.timeout(60):
            async with build_llm(settings).chat(chat_ctx=context) as stream:
                said = [chunk.delta.content async for chunk in stream if chunk.delta]
            voice = build_tts(settings, "gemini:Kore")
            async with voice.synthesize("Hello.") as sound:
                frames = [event.frame async for event in sound]
    assert said == ["OK."]
    assert sum(frame.duration for frame in frames) > 0.1
    assert server.paths == [
        f"{PATH}{settings.gemini_model}:streamGenerateContent",
        f"{PATH}{settings.gemini_tts_model}:streamGenerateContent",
    ]


@pytest.mark.parametrize(
    ("location", "address"),
    [
        ("eu", "https://aiplatform.eu.rep.googleapis.com"),
        ("europe-west4", "https://europe-west4-aiplatform.googleapis.com"),
        ("global", "https://aiplatform.googleapis.com"),
    ],
)
def test_vertex_address_is_that_of_googles_client(location: str, address: str) -> None:
    from google.genai import Client

    settings = LlmSettings.from_env({**EU, "GOOGLE_CLOUD_LOCATION": location})
    assert vertex_address(settings) == address
    client = Client(**google_access(settings))
    assert str(client._api_client._http_options.base_url).rstrip("/") == address


def test_vertex_needs_no_key_and_sends_no_audio_to_the_gemini_api() -> None:
    settings = VoiceSettings.from_env({**EU, "DEEPGRAM_API_KEY": "key"})
    assert google_access(settings) == {"vertexai": True, "project": "greeter", "location": "eu"}
    assert settings.gemini_stt_model == ""
    with pytest.raises(ConfigError, match="GEMINI_STT_MODEL needs GOOGLE_API_KEY"):
        VoiceSettings.from_env({**EU, "DEEPGRAM_API_KEY": "key", "GEMINI_STT_MODEL": "gemini-x"})


def test_vertex_needs_project_and_location() -> None:
    with pytest.raises(ConfigError, match="needs GOOGLE_CLOUD_PROJECT and GOOGLE_CLOUD_LOCATION"):
        LlmSettings.from_env({"GOOGLE_GENAI_USE_VERTEXAI": "true"})


def test_gemini_api_ignores_the_environment_of_the_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    settings = LlmSettings.from_env({"GOOGLE_API_KEY": "key"})
    assert google_access(settings) == {"vertexai": False, "api_key": "key"}
    [first, *_] = build_llm(settings).models
    assert first.provider == "Gemini"
