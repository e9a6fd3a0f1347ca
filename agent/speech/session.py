"""Builds the LiveKit sessions of a conversation: spoken and typed."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from livekit.agents import AgentSession, APIConnectOptions, llm
from livekit.agents.voice.agent_session import SessionConnectOptions

from agent.speech.models import LLM_CONNECT_OPTIONS
from agent.speech.synthesis import TTS_CONNECT_OPTIONS

T = TypeVar("T")

_MAX_TOOL_STEPS: Final = 5
"""Function calls in one reply. A trainee may answer several questions at once."""

_PAUSE_AFTER_S: Final = 0.1
"""Sound that may be speech pauses the agent if it lasts this long."""
_RESUME_AFTER_S: Final = 0.5
"""A paused line continues if no words are recognised within this time after the sound."""

_NEVER_CLOSE: Final = 10_000
"""livekit-agents closes a session after four failures of a provider. Refused speech recognition is
retried every half second and would end a greeting before it begins. Our greeting goes on: the
opening is said and typed text is answered."""


def build_session(model: llm.LLM[Any], userdata: T) -> AgentSession[T]:
    """Build a spoken conversation; each agent brings speech recognition, voice and detector."""
    return AgentSession[T](
        llm=model,
        vad=None,
        userdata=userdata,
        max_tool_steps=_MAX_TOOL_STEPS,
        turn_handling={
            # Each agent brings its own. The defaults of development mode and LiveKit Cloud call
            # LiveKit's gateway.
            "turn_detection": "vad",
            "interruption": {
                "mode": "vad",
                # Sound pauses the line; if it has no words, the line continues.
                "min_duration": _PAUSE_AFTER_S,
                "resume_false_interruption": True,
                "false_interruption_timeout": _RESUME_AFTER_S,
                # The opening cannot be interrupted, and what is said meanwhile is answered later.
                "discard_audio_if_uninterruptible": False,
            },
        },
        # Nothing that the trainee says is discarded; browsers have echo cancellation, and
        # `agent.conversation.trainee_words` drops the agent's own words.
        aec_warmup_duration=None,
        # Do not wait for last words when the session closes: the avatar is charged meanwhile.
        session_close_transcript_timeout=0.0,
        conn_options=SessionConnectOptions(
            llm_conn_options=LLM_CONNECT_OPTIONS,
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
            llm_conn_options=LLM_CONNECT_OPTIONS, max_unrecoverable_errors=_NEVER_CLOSE
        ),
    )
