"""Turns each message of the session into a line of the transcript."""

from __future__ import annotations

from typing import Any

from livekit.agents import AgentSession, ConversationItemAddedEvent
from livekit.agents.llm import ChatMessage

from agent.core.events import Events, LineAdded
from agent.core.records import Line


class Transcript:
    """Emits `LineAdded`."""

    def __init__(self, session: AgentSession[Any], events: Events) -> None:
        self._events = events
        self._typed: list[str] = []
        """Typed lines that are not in the conversation yet."""
        session.on("conversation_item_added", self._on_item)

    def expect_typed(self, text: str) -> None:
        """Mark the next line of the trainee with this text as typed."""
        self._typed.append(text)

    def add(self, message: ChatMessage) -> None:
        """Add a message that the session does not report."""
        text = (message.text_content or "").strip()
        if message.role not in ("user", "assistant") or not text:
            return
        typed = message.role == "user" and text in self._typed
        if typed:
            self._typed.remove(text)
        line = Line.model_validate(
            {
                "who": "trainee" if message.role == "user" else "guide",
                "at": message.created_at,
                "text": text,
                "interrupted": message.interrupted,
                "typed": typed,
            }
        )
        self._events.emit(LineAdded(line, message))

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        if isinstance(event.item, ChatMessage):
            self.add(event.item)
