"""Builds the providers of a conversation: speech recognition, models, voices and their sessions.

Nothing here connects to a provider; clients are created now and used later.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, TypeVar

from livekit.agents import AgentSession, APIConnectOptions, inference, llm, tts
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.plugins import deepgram, google

from agent.core.livekit_internals import set_gemini_tts_timeout
from agent.core.settings import LlmSettings, VoiceSettings
from agent.speech.voices import gemini_voice, recognition_language

T = TypeVar("T")

_LLM_ATTEMPT_S: Final = 4.5
"""Limit for one model's reply. The plugin applies it to the whole reply, not to its first word."""
_LLM_CONNECT_OPTIONS: Final = APIConnectOptions(
    max_retry=0, retry_interval=0.5, timeout=_LLM_ATTEMPT_S
)

TTS_CONNECT_OPTIONS: Final = APIConnectOptions(max_retry=1, retry_interval=0.3, timeout=2.5)
"""For one voice. If all voices have failed, each is tried once more."""
_GEMINI_TTS_TIMEOUT_MS: Final = 6_000
"""For one sentence."""

_MAX_TOOL_STEPS: Final = 5
"""Functions that one reply may call in turn, because a trainee may answer several questions at
once."""

_TRANSCRIPTION_TIMEOUT_S: Final = 3.5
"""If speech yields no words for this long, the session reports it."""

_NEVER_CLOSE: Final = 10_000
"""livekit-agents closes a session after four failures of a provider. Refused speech recognition is
retried every half second and would end a greeting before it begins. Our greeting goes on: the
opening is said and typed text is answered."""


class FallbackModels(llm.FallbackAdapter):
    """A model, and others if it fails; each attempt has a time limit."""

    def __init__(self, models: list[llm.LLM[Any]]) -> None:
        # The next model starts a broken reply over: see `GreetingAgent.llm_node`.
        super().__init__(models, attempt_timeout=_LLM_ATTEMPT_S, retry_on_chunk_sent=True)
        self.models = models
        """Each model emits its own `error` event; the adapter does not forward it."""


class FallbackVoices(tts.FallbackAdapter):
    """A voice, and others if it fails."""

    def __init__(self, voices: list[tts.TTS[Any]]) -> None:
        super().__init__(voices, max_retry_per_tts=0)

    def prewarm(self) -> None:
        """Do nothing: the opening is synthesised at once anyway.

        In livekit-plugins-deepgram 1.8.9, a connection that hangs while prewarming (10 s) blocks
        every other connection of the plugin, so the fallback voice would not get its turn.
        """


def build_llm(settings: LlmSettings) -> FallbackModels:
    """Build Gemini with a second Gemini model behind it.

    The client reads GOOGLE_GEMINI_BASE_URL itself. Building it takes about 60 ms (it loads the
    certificates twice), so the worker builds it before a job comes.
    """
    first, second = settings.gemini_model, settings.gemini_fallback_model
    models = [first, *([second] if second not in ("", first) else [])]
    return FallbackModels([_build_gemini(settings, model) for model in models])


def _build_gemini(settings: LlmSettings, model: str) -> google.LLM:
    """Build one model with thinking off, because the trainee waits for the first word."""
    # Gemini 3 takes a level and Gemini 2.5 a budget; each refuses the other's parameter.
    thinking = {"thinking_budget": 0} if "gemini-2" in model else {"thinking_level": "minimal"}
    return google.LLM(
        model=model,
        api_key=settings.google_api_key.get_secret_value(),
        thinking_config=thinking,  # type: ignore[arg-type]
        max_output_tokens=400,
    )


def build_stt(settings: VoiceSettings, locale: str) -> deepgram.STT:
    """Build speech recognition for a locale such as `en` or `es-MX`."""
    return deepgram.STT(
        model=settings.deepgram_stt_model,
        language=recognition_language(settings.deepgram_stt_model, locale),
        api_key=settings.deepgram_api_key.get_secret_value(),
        base_url=f"{settings.deepgram_base_url}/v1/listen",
        mip_opt_out=True,
    )


def build_tts(settings: VoiceSettings, voice: str) -> tts.TTS[Any]:
    """Build a voice by the name that `agent.speech.voices.choose_voice` returns."""
    if name := gemini_voice(voice):
        key = settings.google_api_key.get_secret_value()
        # The plugin synthesises a whole text at once: adapt it to go sentence by sentence.
        return tts.StreamAdapter(tts=_gemini_tts(settings.gemini_tts_model, name, key))
    return deepgram.TTS(
        model=voice,
        api_key=settings.deepgram_api_key.get_secret_value(),
        base_url=f"{settings.deepgram_base_url}/v1/speak",
        mip_opt_out=True,
    )


@cache
def _gemini_tts(model: str, name: str, key: str) -> google.beta.GeminiTTS:
    """Build one per process, because its clients take 100 ms to create."""
    voice = google.beta.GeminiTTS(model=model, voice_name=name, api_key=key)
    set_gemini_tts_timeout(voice, key, _GEMINI_TTS_TIMEOUT_MS)
    return voice


def build_session(model: llm.LLM[Any], userdata: T) -> AgentSession[T]:
    """Build a spoken conversation; each agent brings its own speech recognition and voice."""
    return AgentSession[T](
        llm=model,
        userdata=userdata,
        max_tool_steps=_MAX_TOOL_STEPS,
        turn_handling={
            # Both run inside this process; the defaults of development mode and LiveKit Cloud call
            # LiveKit's gateway.
            "turn_detection": inference.TurnDetector(version="v1-mini"),
            # The longest wait if the detector takes a complete sentence for an unfinished one.
            "endpointing": {"max_delay": 2.0},
            # The avatar output cannot pause, so a false interruption cannot be resumed.
            "interruption": {"mode": "vad", "resume_false_interruption": False},
        },
        transcription_timeout=_TRANSCRIPTION_TIMEOUT_S,
        # Do not wait for last words when the session closes: by then the room is gone.
        session_close_transcript_timeout=0.2,
        conn_options=SessionConnectOptions(
            llm_conn_options=_LLM_CONNECT_OPTIONS,
            stt_conn_options=APIConnectOptions(max_retry=3, retry_interval=1.0, timeout=4.0),
            tts_conn_options=TTS_CONNECT_OPTIONS,
            max_unrecoverable_errors=_NEVER_CLOSE,
        ),
    )


def build_text_session(model: llm.LLM[Any], userdata: T) -> AgentSession[T]:
    """Build a typed conversation: no speech recognition and no voice."""
    return AgentSession[T](
        llm=model,
        userdata=userdata,
        max_tool_steps=_MAX_TOOL_STEPS,
        turn_handling={"turn_detection": None, "interruption": {"mode": "vad"}},
        conn_options=SessionConnectOptions(
            llm_conn_options=_LLM_CONNECT_OPTIONS, max_unrecoverable_errors=_NEVER_CLOSE
        ),
    )
