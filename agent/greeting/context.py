"""What a behaviour or an observer works with.

A behaviour reacts to `events`, reads `state`, and acts through three objects: `conversation` (say
and answer), `output` (avatar, voice or text) and `ending` (end the greeting).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from livekit import rtc

from agent.conversation.conversation import Conversation
from agent.conversation.state import GreetingState
from agent.core.events import Events
from agent.core.settings import WorkerSettings
from agent.core.task_set import TaskSet
from agent.greeting.activity import Activity
from agent.greeting.avatar_arrival import AvatarArrival
from agent.greeting.ending import GreetingEnd
from agent.greeting.output import Output
from agent.recording.recording import Recording
from agent.room.trainee import Trainee


@dataclass(frozen=True, kw_only=True)
class Greeting:
    """The parts of one greeting."""

    settings: WorkerSettings
    room: rtc.Room
    state: GreetingState
    events: Events
    conversation: Conversation
    output: Output
    ending: GreetingEnd
    avatar: AvatarArrival
    trainee: Trainee
    activity: Activity
    recording: Recording | None
    tasks: TaskSet = field(default_factory=TaskSet)
    """Background tasks of the behaviours; cancelled when the greeting ends."""
