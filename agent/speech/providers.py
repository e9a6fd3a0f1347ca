"""The providers: which ears, mind and voice a conversation has, and how patient it is with each.

Nothing here connects: a client is made, and used later. What is said is not decided here.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from google import genai
from google.genai import types
from livekit.agents import AgentSession, APIConnectOptions, inference, llm, tts
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.plugins import deepgram, google

from agent.core.settings import LlmSettings, VoiceSettings
from agent.speech.voices import gemini_voice, heard_as

_LLM_ATTEMPT_S = 4.5
"""Of one model. The plugin takes it as the limit of a whole answer, not of its first word."""
_LLM_PATIENCE = APIConnectOptions(max_retry=0, retry_interval=0.5, timeout=_LLM_ATTEMPT_S)

TTS_PATIENCE = APIConnectOptions(max_retry=1, retry_interval=0.3, timeout=2.5)
"""With one voice; when all have failed, each is tried once more."""
_GEMINI_VOICE_MS = 6_000
"""Of one sentence; as released (1.8.9) the plugin waits without limit."""

_TOOL_STEPS = 5
"""Functions one answer may call in turn: somebody may tell all they know in one breath."""

_UNHEARD_S = 3.5

_NEVER = 10_000
"""By default the fourth failure of a provider closes the session, and refused ears (tried again
every half second) would end a greeting that has not begun. It goes on without them: the opening is
said, and what is typed is answered."""


class Models(llm.FallbackAdapter):
    """One model, and others for when it fails; each attempt is limited."""

    def __init__(self, models: list[llm.LLM[Any]]) -> None:
        # An answer that broke off is begun anew by the next model: see `Greeter.llm_node`.
        super().__init__(models, attempt_timeout=_LLM_ATTEMPT_S, retry_on_chunk_sent=True)
        self.models = models
        """Each emits its own `error`, which the adapter keeps to itself."""


class Voices(tts.FallbackAdapter):
    """A voice, and others for when it fails."""

    def __init__(self, voices: list[tts.TTS[Any]]) -> None:
        super().__init__(voices, max_retry_per_tts=0)

    def prewarm(self) -> None:
        """Nothing: the opening is spoken at once anyway.

        As released (1.8.9) a connection of Aura's that hangs here, for ten seconds, keeps every
        other one waiting without limit: no other voice would have its turn.
        """


def build_llm(settings: LlmSettings) -> Models:
    """Gemini, and behind it another of its models for when the first fails or dawdles.

    GOOGLE_GEMINI_BASE_URL is read by the client itself. Making it takes some 60 ms (it loads the
    certificates twice), so the worker makes it before a job comes.
    """
    first, second = settings.gemini_model, settings.gemini_fallback_model
    models = [first, *([second] if second not in ("", first) else [])]
    return Models([_gemini(settings, model) for model in models])


def _gemini(settings: LlmSettings, model: str) -> google.LLM:
    """One model, without thinking: a trainee is waiting for the first word."""
    # 3.x takes a level, 2.5 a budget; each refuses the other's.
    thinking = {"thinking_budget": 0} if "gemini-2" in model else {"thinking_level": "minimal"}
    return google.LLM(
        model=model,
        api_key=settings.google_api_key.get_secret_value(),
        thinking_config=thinking,  # type: ignore[arg-type]
        max_output_tokens=400,
    )


def build_stt(settings: VoiceSettings, locale: str) -> deepgram.STT:
    """Ears for a locale, as `en` or `es-MX`; no I/O yet."""
    return deepgram.STT(
        model=settings.deepgram_stt_model,
        language=heard_as(settings.deepgram_stt_model, locale),
        api_key=settings.deepgram_api_key.get_secret_value(),
        base_url=f"{settings.deepgram_base_url}/v1/listen",
        mip_opt_out=True,
    )


def build_tts(settings: VoiceSettings, voice: str) -> tts.TTS[Any]:
    """A voice, as `agent.speech.voices.choose_voice` names it; no I/O yet."""
    if name := gemini_voice(voice):
        key = settings.google_api_key.get_secret_value()
        sentences = _gemini_sentences(settings.gemini_tts_model, name, key)
        # It speaks a whole text at a time: the first sentence is not to wait for the last.
        return tts.StreamAdapter(tts=sentences)
    return deepgram.TTS(
        model=voice,
        api_key=settings.deepgram_api_key.get_secret_value(),
        base_url=f"{settings.deepgram_base_url}/v1/speak",
        mip_opt_out=True,
    )


@cache
def _gemini_sentences(model: str, name: str, key: str) -> google.beta.GeminiTTS:
    """One a process: its clients take a tenth of a second to make, and a trainee is waiting."""
    sentences = google.beta.GeminiTTS(model=model, voice_name=name, api_key=key)
    # Private to the plugin: tests/unit/test_providers.py fails when the lock moves it.
    sentences._client = genai.Client(
        api_key=key, http_options=types.HttpOptions(timeout=_GEMINI_VOICE_MS)
    )
    return sentences


def build_session(mind: llm.LLM[Any]) -> AgentSession[None]:
    """A spoken conversation in which `mind` thinks; each greeter brings its own ears and voice."""
    return AgentSession[None](
        llm=mind,
        max_tool_steps=_TOOL_STEPS,
        turn_handling={
            # Both pinned to what runs inside this process: the defaults of development mode and of
            # LiveKit Cloud call a gateway.
            "turn_detection": inference.TurnDetector(version="v1-mini"),
            # Nobody waits longer, even where the detector takes a sentence for unfinished.
            "endpointing": {"max_delay": 2.0},
            # The avatar cannot pause, so a false interruption has nothing to resume.
            "interruption": {"mode": "vad", "resume_false_interruption": False},
        },
        # Somebody spoke, and no word of it came: what is done then is `Troubles`' to say.
        transcription_timeout=_UNHEARD_S,
        # A goodbye does not wait for last words: by then the room is gone.
        session_close_transcript_timeout=0.2,
        conn_options=SessionConnectOptions(
            llm_conn_options=_LLM_PATIENCE,
            stt_conn_options=APIConnectOptions(max_retry=3, retry_interval=1.0, timeout=4.0),
            tts_conn_options=TTS_PATIENCE,
            max_unrecoverable_errors=_NEVER,
        ),
    )


def build_text_session(mind: llm.LLM[Any]) -> AgentSession[None]:
    """The same conversation typed: no ears, no voice, nothing but `mind`."""
    return AgentSession[None](
        llm=mind,
        max_tool_steps=_TOOL_STEPS,
        turn_handling={"turn_detection": None, "interruption": {"mode": "vad"}},
        conn_options=SessionConnectOptions(
            llm_conn_options=_LLM_PATIENCE, max_unrecoverable_errors=_NEVER
        ),
    )
