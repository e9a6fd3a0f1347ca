"""The state of one greeting: the typed `userdata` of its AgentSession.

Behaviours and observers read it. Each field is written by the one module named in its docstring.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.avatar.usage import AvatarUsage
from agent.conversation.answers import Answers
from agent.core.events import ClosingCause, Events
from agent.core.job_metadata import JobMetadata
from agent.core.types import Answer, Mode
from agent.outcomes.record import Recorded
from agent.outcomes.timeline import Timeline
from agent.scripts import Library, RenderedScript, script_for


@dataclass(kw_only=True)
class GreetingState:
    """What is known about one greeting so far."""

    metadata: JobMetadata
    """Who is greeted; `Conversation` completes it from the participant."""
    script: RenderedScript
    """The script in use; `Conversation` replaces it when the language or the trainee changes."""
    answers: Answers
    """Questions and answers; written by the agent's function tools."""
    library: Library | None = None
    """The scripts to choose from; None: the shipped ones."""
    earlier_answers: Mapping[str, Answer] = field(default_factory=dict)
    """What the trainee answered before an earlier agent of this session was lost."""

    avatar_allowed: bool = True
    """False if the day's avatar budget is used up."""
    mode: Mode = "voice"
    """The mode of the fallback ladder in use; written by `Output`."""
    mode_reason: str = ""
    """Why the avatar does not speak, as `greeting.mode_reason` has it; written by `Output`."""
    avatar: AvatarUsage = field(default_factory=AvatarUsage)
    """The avatars of this greeting and their seconds in the room; written by `AvatarArrival`."""
    may_be_recorded: bool = False
    """True if the trainee has consented and the operator records greetings."""
    recording: Recorded | None = None
    """The recording, once it exists; written by the behaviour `record_with_consent`."""

    timeline: Timeline = field(default_factory=lambda: Timeline.since_asked(None, time.time()))
    """When the steps of the start happened; written by the timeline observer."""
    began_at: float = field(default_factory=time.monotonic)
    """When the job created this state, on the monotonic clock."""
    opened_at: float | None = None
    """When the opening started, on the monotonic clock; written by `Conversation`."""
    closing_said: ClosingCause | None = None
    """Why the closing line was said, once it was heard to its end; written by
    `close_conversation`."""
    end_reason: str | None = None
    """Why the greeting ended; written by `GreetingEnd`."""

    @classmethod
    def create(
        cls,
        metadata: JobMetadata,
        events: Events,
        *,
        library: Library | None = None,
        earlier_answers: Mapping[str, Answer] | None = None,
    ) -> GreetingState:
        """Choose the script for this trainee and start with what was answered before.

        Raises:
            ScriptError: no script can be used.
        """
        script = script_for(metadata, library)
        state = cls(
            metadata=metadata,
            script=script,
            answers=Answers(script.questions, events),
            library=library,
            earlier_answers=earlier_answers or {},
        )
        state.answers.restore(state.earlier_answers)
        return state
