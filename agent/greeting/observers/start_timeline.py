"""Notes when each step of the start happened, for the outcome's timeline and the worker's
metrics."""

from __future__ import annotations

from collections.abc import Callable

from livekit.agents import AgentStateChangedEvent

from agent.core.events import (
    AvatarJoined,
    CanHear,
    ConversationStarted,
    OpeningStarted,
    PageTimelineReported,
    TraineeJoined,
)
from agent.greeting.greeting import Greeting
from agent.telemetry.metrics import AVATAR_JOIN, FIRST_WORD, START_PART


class StartTimeline:
    """Writes `state.timeline`; only the first time of each step counts."""

    def __init__(self, greeting: Greeting) -> None:
        self._timeline = greeting.state.timeline
        self._trainee = greeting.trainee
        steps = {
            AvatarJoined: "avatar_joined",
            ConversationStarted: "session_started",
            TraineeJoined: "trainee_joined",
            OpeningStarted: "opening_begun",
        }
        for kind, step in steps.items():
            greeting.events.on(kind, self._marker(step))
        greeting.events.on(
            PageTimelineReported, lambda event: self._timeline.note_page(event.payload)
        )
        greeting.events.on(CanHear, self._on_can_hear)
        greeting.conversation.session.on("agent_state_changed", self._on_agent_state)

    def _marker(self, step: str) -> Callable[[object], None]:
        return lambda _: self._mark(step)

    def _on_can_hear(self, event: CanHear) -> None:
        if event.sound_unlocked:
            self._mark("can_hear")

    def _on_agent_state(self, event: AgentStateChangedEvent) -> None:
        if event.new_state == "speaking":
            self._mark("first_sound")

    def _mark(self, step: str) -> None:
        if step in self._timeline.at_s:
            return
        self._timeline.mark(step)
        if step == "avatar_joined":
            waited_s = self._timeline.between("avatar_asked", step)
            if waited_s is not None:
                AVATAR_JOIN.observe(waited_s)
        elif step == "first_sound":
            for since, first in (("joined", "trainee_joined"), ("asked", "endpoint_asked")):
                waited_s = self._timeline.between(first, step)
                if waited_s is not None:
                    FIRST_WORD.labels(since).observe(max(waited_s, 0))
            first_word_s = self._timeline.first_word_s()
            # If our page may not play sound yet, how long that takes is up to the trainee.
            if first_word_s is not None and (
                "can_hear" in self._timeline.at_s or not self._trainee.uses_our_page
            ):
                FIRST_WORD.labels("can_hear").observe(first_word_s)
            for part, took_s in self._timeline.start_parts().items():
                START_PART.labels(part).observe(took_s)
