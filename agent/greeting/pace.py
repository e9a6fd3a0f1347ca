"""The pace of one greeting: how soon its first word came, its answers, its avatar.

It listens to the session and feeds the worker's metrics and the outcome's timeline.
"""

from __future__ import annotations

import time

from livekit.agents import AgentSession, AgentStateChangedEvent, ConversationItemAddedEvent
from livekit.agents.llm import ChatMessage

from agent.outcomes.timeline import Timeline
from agent.telemetry.metrics import AVATAR_JOIN, FIRST_WORD, REPLY_GAP


class Pace:
    """Listens to one session from the moment it is made."""

    def __init__(self, session: AgentSession[None], timeline: Timeline) -> None:
        self._timeline = timeline
        self._typed_at: float | None = None
        session.on("agent_state_changed", self._on_state)
        session.on("conversation_item_added", self._on_item)

    def mark(self, name: str) -> None:
        """Something of the start happened just now; see `agent.outcomes.timeline.MOMENTS`."""
        if name in self._timeline.at_s:
            return
        self._timeline.mark(name)
        if name == "avatar_joined":
            asked_s = self._timeline.between("avatar_asked", name)
            if asked_s is not None:
                AVATAR_JOIN.observe(asked_s)
        elif name == "first_sound":
            for since, first in (("joined", "trainee_joined"), ("asked", "endpoint_asked")):
                waited_s = self._timeline.between(first, name)
                if waited_s is not None:
                    FIRST_WORD.labels(since).observe(max(waited_s, 0))

    def typed(self) -> None:
        """The trainee has typed something that is answered."""
        self._typed_at = time.monotonic()

    def _on_state(self, event: AgentStateChangedEvent) -> None:
        if event.new_state != "speaking":
            return
        self.mark("first_sound")
        if self._typed_at is not None:
            REPLY_GAP.labels("typed").observe(time.monotonic() - self._typed_at)
            self._typed_at = None

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        message = event.item
        if isinstance(message, ChatMessage) and message.role == "assistant":
            gap_s = message.metrics.get("e2e_latency")
            if gap_s is not None:
                REPLY_GAP.labels("spoken").observe(max(gap_s, 0))
