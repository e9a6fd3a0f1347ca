"""The state of one greeting: the typed `userdata` of its AgentSession.

Behaviours and observers read it. The docstring of a field names the modules that change it later.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from agent.billing.usage import AvatarUsage
from agent.conversation.answers import Answers
from agent.core.events import ClosingCause, Events, OpeningFinished
from agent.core.job_metadata import JobMetadata
from agent.core.records import Mode
from agent.outcomes.earlier_greeting import EarlierGreeting
from agent.outcomes.outcome import Disclosure, Recorded
from agent.outcomes.timeline import Timeline
from agent.scripts import Library, RenderedScript, script_for

_CHOSEN_NAME: Final = (
    "They have asked to be called by the name above: use it, and no name you used before."
)


@dataclass(kw_only=True)
class GreetingState:
    metadata: JobMetadata
    """Who is greeted; `ScriptInUse` changes the name."""
    events: Events = field(default_factory=Events)
    """All that happens in this greeting."""
    script: RenderedScript = field(init=False)
    """The script in use; `ScriptInUse` replaces it if the language or the trainee changes."""
    answers: Answers = field(init=False)
    """Questions and answers; changed by the agent's function tools, and by `ScriptInUse` together
    with the script."""
    library: Library | None = None
    """The scripts to choose from; None: the shipped ones."""
    earlier: EarlierGreeting = field(default_factory=EarlierGreeting)
    """What the trainee said and heard before an earlier agent of this session was lost."""

    chosen_name: str = field(init=False)
    """What the trainee asked to be called; empty if they did not. Changed by `ScriptInUse`."""
    tapped_question: str = ""
    """The question that a button of the page has just answered. The model cannot change its answer
    before the trainee's next words. Changed by `AnswerTypedText`."""
    avatar_allowed: bool = True
    """False if the day's avatar budget is used up."""
    mode: Mode = "voice"
    """The mode of the fallback ladder in use; changed by `Output`."""
    mode_reason: str = ""
    """Why the avatar does not speak, as `greeting.mode_reason` has it; changed by `Output`."""
    avatar_usage: AvatarUsage = field(default_factory=AvatarUsage)
    """The avatars of this greeting and their seconds in the room; changed by `agent.greeting`."""
    may_be_recorded: bool = False
    """True if the trainee has consented, and not declined, and the operator records greetings."""
    recording: Recorded | None = None
    """The recording's entry in the outcome; set by `build_greeting`, changed by `Recording`."""

    timeline: Timeline = field(default_factory=lambda: Timeline.since_asked(None, time.time()))
    """When the steps of the start happened; filled by the job and the timeline observer."""
    disclosure: Disclosure = field(init=False)
    """The disclosure receipt; written by its observer."""
    began_at: float = field(default_factory=time.monotonic)
    """When the job created this state, on the monotonic clock."""
    opened_at: float | None = None
    """When the opening started, on the monotonic clock; set by `ScriptLines`."""
    opening_over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the opening was played, or interrupted."""
    closing_said: ClosingCause | None = None
    """Why the closing line was said, once it was heard to its end; written by
    `close_conversation`."""
    end_reason: str | None = None
    """Why the greeting ended; set by `Greeting.end`."""

    def __post_init__(self) -> None:
        """Choose the script for this trainee, with what they chose and answered before."""
        self.events.on(OpeningFinished, lambda _: self.opening_over.set())
        if self.earlier.locale:
            self.metadata = self.metadata.model_copy(update={"locale": self.earlier.locale})
        self.chosen_name = self.earlier.chosen_name
        if self.chosen_name:
            self.metadata = self.metadata.with_trainee_name(self.chosen_name)
        self.script = script_for(self.metadata, self.library)
        self.answers = Answers(self.script.questions, self.events)
        self.answers.restore(self.earlier.answers)
        script = self.script
        self.disclosure = Disclosure(
            script=script.name, script_version=script.version, locale=script.locale
        )
        if self.earlier.disclosure is not None:
            self.disclosure = self.earlier.disclosure.model_copy(deep=True)

    @property
    def instructions(self) -> str:
        """What the model is told: the script's instructions, the answers and the chosen name."""
        chosen_name = _CHOSEN_NAME if self.chosen_name else ""
        return "\n\n".join(
            filter(None, [self.script.instructions, self.answers.summary, chosen_name])
        )
