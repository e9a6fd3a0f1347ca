"""The avatar of a greeting in a room that tests control."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from agent.conversation.state import GreetingState
from agent.core.job_metadata import JobMetadata
from agent.core.settings import WorkerSettings
from agent.greeting.audibility import Audibility
from agent.greeting.avatar import GreetingAvatar
from agent.greeting.output import Output
from agent.room.trainee import Trainee
from tests.fakes.room import FakeRoom
from tests.support.environments import WORKER
from tests.support.waiting import until


class AvatarSetup:
    """The avatar and the output, and everything they do."""

    def __init__(
        self,
        *,
        request: bool = True,
        trainee_attributes: dict[str, str] | None = None,
        **environ: str,
    ) -> None:
        self.room = FakeRoom()
        self.voice = SimpleNamespace(next_in_chain=None)
        self.tails: list[object] = []
        """What the speech was routed to, in order."""
        self.sound = True
        self.removed: list[str] = []
        self.idle_errors: list[Exception] = []
        """What the next waits for the session raise."""
        self.state = GreetingState(metadata=JobMetadata())
        output = SimpleNamespace(
            audio=self.voice,
            replace_audio_tail=self.tails.append,
            set_audio_enabled=self._set_audio_enabled,
        )
        session = cast(
            Any, SimpleNamespace(output=output, wait_for_idle=self._idle, userdata=self.state)
        )
        room = cast(Any, self.room)
        self.output = Output(session, room)
        trainee = Trainee(room, self.state.events, return_grace_s=0.3)
        trainee.watch()
        self.room.trainee_joins(**(trainee_attributes or {}))
        self.avatar = GreetingAvatar(
            room,
            cast(Any, SimpleNamespace(remove=self._remove)),
            session,
            self.output,
            Audibility(trainee, self.output, self.state.events),
            WorkerSettings.from_env({**WORKER, **environ}),
        )
        if request:
            self.avatar.request()
            self.output.remember_voice()

    @property
    def identity(self) -> str:
        """The identity of the avatar that was requested last."""
        return self.state.avatar_usage.stays[-1].identity

    async def _idle(self) -> None:
        await asyncio.sleep(0)
        if self.idle_errors:
            raise self.idle_errors.pop(0)

    async def _remove(self, identity: str) -> None:
        self.removed.append(identity)

    def _set_audio_enabled(self, enabled: bool) -> None:
        self.sound = enabled

    async def until(self, condition: Callable[[], bool]) -> None:
        await until(condition, 30)
