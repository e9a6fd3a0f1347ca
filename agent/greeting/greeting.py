"""The parts of one greeting, and how they are built.

A behaviour reacts to `events` and reads `state`. It acts through `conversation` (say and answer),
`output` (avatar, voice or text) and `avatar` (request and dismiss), and calls `end`.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from livekit import rtc
from livekit.agents import JobContext

from agent.conversation.conversation import Conversation
from agent.conversation.state import GreetingState
from agent.core.events import EndRequested, Events
from agent.core.settings import WorkerSettings
from agent.core.tasks import TaskSet
from agent.greeting.activity import Activity
from agent.greeting.audibility import Audibility
from agent.greeting.avatar import GreetingAvatar
from agent.greeting.output import Output
from agent.recording.factory import build_recording
from agent.recording.recording import Recording
from agent.room.room_api import RoomApi
from agent.room.trainee import Trainee


@dataclass(frozen=True, kw_only=True)
class Greeting:
    settings: WorkerSettings
    room: rtc.Room
    livekit: RoomApi
    state: GreetingState
    conversation: Conversation
    output: Output
    avatar: GreetingAvatar
    trainee: Trainee
    audibility: Audibility
    activity: Activity
    recording: Recording | None
    tasks: TaskSet = field(default_factory=TaskSet)
    """Background tasks of the greeting; cancelled when it ends."""
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.events.on(EndRequested, lambda event: self.end(event.reason))

    @property
    def events(self) -> Events:
        return self.state.events

    @property
    def remaining_s(self) -> float:
        """Seconds until a time limit ends the greeting; before the opening, if it came now."""
        state, now = self.state, time.monotonic()
        opened_at = now if state.opened_at is None else state.opened_at
        script_limit_at = opened_at + state.script.limits.max_seconds
        return min(script_limit_at, state.began_at + self.settings.max_greeting_s) - now

    def end(self, reason: str) -> None:
        """End the greeting for one of `agent.core.end_reasons`; later reasons are ignored."""
        if self.state.end_reason is None:
            self.state.end_reason = reason
            self._ended.set()

    async def wait_for_end(self) -> str:
        """Wait without limit until the greeting ends. Returns the reason."""
        await self._ended.wait()
        assert self.state.end_reason is not None
        return self.state.end_reason


def build_greeting(ctx: JobContext, settings: WorkerSettings, state: GreetingState) -> Greeting:
    """Build the parts for a job whose room is connected; nothing runs yet."""
    conversation = Conversation(ctx.proc.userdata["llm"], state, settings)
    recording = build_recording(ctx, conversation.session, settings)
    state.recording = recording.state if recording else None
    livekit = RoomApi(ctx.room.name, ctx.api)
    return greeting_in(ctx.room, livekit, settings, conversation, recording)


def greeting_in(
    room: rtc.Room,
    livekit: RoomApi,
    settings: WorkerSettings,
    conversation: Conversation,
    recording: Recording | None = None,
) -> Greeting:
    """Build the parts around a conversation in a connected room."""
    session, state = conversation.session, conversation.session.userdata
    output = Output(session, room)
    trainee = Trainee(room, state.events, return_grace_s=settings.return_grace_s)
    audibility = Audibility(trainee, output, state.events)
    return Greeting(
        settings=settings,
        room=room,
        livekit=livekit,
        state=state,
        conversation=conversation,
        output=output,
        avatar=GreetingAvatar(room, livekit, session, output, audibility, settings),
        trainee=trainee,
        audibility=audibility,
        activity=Activity(session, trainee),
        recording=recording,
    )
