"""Translates events of livekit-agents' AgentSession into our own, and keeps early replies."""

from __future__ import annotations

from typing import Any

from livekit.agents import (
    AgentSession,
    CloseEvent,
    CloseReason,
    ConversationItemAddedEvent,
    ErrorEvent,
    UserInputTranscribedEvent,
)
from livekit.agents.llm import ChatMessage, LLMError
from livekit.agents.stt import STTError
from livekit.agents.tts import TTSError

from agent.core import end_reasons
from agent.core.events import EndRequested, Events, NoVoiceLeft, ReplyFailed, SpeechRecognised
from agent.core.livekit_internals.turns import drop_early_reply, prepare_early_reply_again
from agent.core.log import logger
from agent.speech.failures import provider_failed


def forward_session_events(session: AgentSession[Any], events: Events) -> None:
    """Emit what the session reports about its providers and its end from now on."""

    def on_error(event: ErrorEvent) -> None:
        error = event.error
        if isinstance(error, STTError):
            # Also while it is being retried: the trainee is not heard until then.
            events.emit(provider_failed(error, event.source))
        elif getattr(error, "recoverable", False):
            return
        elif isinstance(error, LLMError):
            # The turn is not over if an early reply fails: its end would stop an apology.
            if not drop_early_reply(session):
                events.emit(ReplyFailed())
        elif isinstance(error, TTSError):
            events.emit(NoVoiceLeft())

    def on_transcribed(event: UserInputTranscribedEvent) -> None:
        if event.transcript.strip():
            events.emit(SpeechRecognised())

    def on_close(event: CloseEvent) -> None:
        reason = end_reasons.WORKER_SHUTDOWN
        if event.reason is CloseReason.ERROR:
            reason = end_reasons.SESSION_FAILED
            logger.error(
                "the conversation cannot continue; see the provider errors above",
                extra={"event": "session_failed"},
            )
        # We close the session only after the end; otherwise LiveKit is stopping the job.
        events.emit(EndRequested(reason))

    session.on("error", on_error)
    session.on("close", on_close)
    session.on("user_input_transcribed", on_transcribed)


def keep_early_replies(session: AgentSession[Any]) -> None:
    """Keep the early reply to a trainee who interrupts with a few words.

    livekit-agents prepares it before the interrupted line is in the conversation. It would drop it
    at the end of the turn, log a warning and begin a new one.
    """

    def on_item(event: ConversationItemAddedEvent) -> None:
        item = event.item
        if isinstance(item, ChatMessage) and item.role == "assistant" and item.interrupted:
            prepare_early_reply_again(session)

    session.on("conversation_item_added", on_item)
