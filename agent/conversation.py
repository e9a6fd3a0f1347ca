"""The conversation: which ears, mind and voice it has, and how patient it is with each.

It holds no room and no avatar: the same conversation runs in a room and in the console.
"""

from __future__ import annotations

from typing import Any

from livekit.agents import Agent, AgentSession, APIConnectOptions, inference, tts
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.plugins import deepgram, google

from agent.scripts import SpokenScript
from agent.settings import LlmSettings, VoiceSettings
from agent.voices import choose_voice, gemini_voice, heard_as

# The plugin takes the timeout as the limit of a whole answer, not of its first word.
_LLM_PATIENCE = APIConnectOptions(max_retry=1, retry_interval=0.5, timeout=10.0)

_NEVER = 10_000
"""By default the fourth failure of a provider closes the session, and refused ears (tried again
every half second) would end a greeting that has not begun. It goes on without them: the opening is
said, and what is typed is answered."""


class Greeter(Agent):
    """The persona: what the script says it is."""

    def __init__(self, script: SpokenScript) -> None:
        super().__init__(instructions=script.instructions)


def build_llm(settings: LlmSettings) -> google.LLM:
    """Gemini without thinking: a trainee is waiting for the first word.

    GOOGLE_GEMINI_BASE_URL is read by the client itself. Making it takes some 60 ms (it loads the
    certificates twice), so the worker makes it before a job comes.
    """
    # 3.x takes a level, 2.5 a budget; each refuses the other's.
    thinking = (
        {"thinking_budget": 0}
        if "gemini-2" in settings.gemini_model
        else {"thinking_level": "minimal"}
    )
    return google.LLM(
        model=settings.gemini_model,
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


def build_tts(settings: VoiceSettings, locale: str, asked: str | None = None) -> tts.TTS[Any]:
    """A voice for a locale, the script's own where it speaks that language; no I/O yet."""
    voice = choose_voice(settings.voices, locale, asked)
    if name := gemini_voice(voice):
        return google.beta.GeminiTTS(
            model=settings.gemini_tts_model,
            voice_name=name,
            api_key=settings.google_api_key.get_secret_value(),
        )
    return deepgram.TTS(
        model=voice,
        api_key=settings.deepgram_api_key.get_secret_value(),
        base_url=f"{settings.deepgram_base_url}/v1/speak",
        mip_opt_out=True,
    )


def build_session(settings: VoiceSettings, llm: google.LLM, locale: str) -> AgentSession[None]:
    """A spoken conversation: Deepgram hears and speaks, `llm` thinks; no I/O yet.

    Args:
        settings: keys, models and voices.
        llm: what `build_llm` gave.
        locale: the script's own, as `en` or `es-MX`: ears and voice are of its language.
    """
    return AgentSession[None](
        stt=build_stt(settings, locale),
        llm=llm,
        tts=build_tts(settings, locale),
        turn_handling={
            # Both pinned to what runs inside this process: the defaults of development mode and of
            # LiveKit Cloud call a gateway.
            "turn_detection": inference.TurnDetector(version="v1-mini"),
            # Nobody waits longer, even where the detector takes a sentence for unfinished.
            "endpointing": {"max_delay": 2.0},
            # The avatar cannot pause, so a false interruption has nothing to resume.
            "interruption": {"mode": "vad", "resume_false_interruption": False},
        },
        # A goodbye does not wait for last words: by then the room is gone.
        session_close_transcript_timeout=0.2,
        conn_options=SessionConnectOptions(
            llm_conn_options=_LLM_PATIENCE,
            stt_conn_options=APIConnectOptions(max_retry=3, retry_interval=1.0, timeout=5.0),
            tts_conn_options=APIConnectOptions(max_retry=1, retry_interval=0.3, timeout=5.0),
            max_unrecoverable_errors=_NEVER,
        ),
    )


def build_text_session(llm: google.LLM) -> AgentSession[None]:
    """The same conversation typed: no ears, no voice, nothing but the LLM."""
    return AgentSession[None](
        llm=llm,
        turn_handling={"turn_detection": None, "interruption": {"mode": "vad"}},
        conn_options=SessionConnectOptions(
            llm_conn_options=_LLM_PATIENCE, max_unrecoverable_errors=_NEVER
        ),
    )
