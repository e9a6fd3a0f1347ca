"""Keeps the early reply to a trainee who interrupts.

livekit-agents prepares a reply before the turn is over. If the trainee interrupts with a few words,
it does so before it has added the interrupted line to the conversation. It would then drop the
reply at the end of the turn, log a warning and begin a new one.
"""

from __future__ import annotations

from typing import Any

from livekit.agents import AgentSession, ConversationItemAddedEvent
from livekit.agents.llm import ChatMessage

from agent.core.livekit_internals import prepare_early_reply_again


def keep_early_replies(session: AgentSession[Any]) -> None:
    """Prepare an early reply again as soon as an interrupted line is in the conversation."""

    def on_item(event: ConversationItemAddedEvent) -> None:
        item = event.item
        if isinstance(item, ChatMessage) and item.role == "assistant" and item.interrupted:
            prepare_early_reply_again(session)

    session.on("conversation_item_added", on_item)
