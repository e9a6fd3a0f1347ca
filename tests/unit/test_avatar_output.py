"""The output notices an avatar that does not do what it is told (a tenth of the real seconds)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from livekit import rtc

from agent.avatar import output as avatar_output
from agent.avatar.output import AvatarOutput
from agent.core.events import AvatarStalled, Events
from tests.fakes.room import FakeRoom

RATE = 16_000


class Writer:
    async def write(self, data: bytes) -> None: ...

    async def aclose(self) -> None: ...


class Setup:
    """An avatar in a room, and the output that sends speech to it."""

    def __init__(self) -> None:
        self.room = FakeRoom()
        self.answers = asyncio.Event()
        """Set if the avatar answers RPCs."""
        self.stalls = 0
        self.finished: list[bool] = []
        """Whether each segment was interrupted."""
        vars(self.room.local_participant).update(
            _rpc_handlers={}, stream_bytes=self._stream_bytes, perform_rpc=self._perform_rpc
        )
        self.room.avatar_joins("avatar")
        events = Events()
        events.on(AvatarStalled, self._on_stalled)
        self.output = AvatarOutput(cast(Any, self.room), "avatar", events)
        self.output.on("playback_finished", lambda e: self.finished.append(e.interrupted))

    async def says(self, seconds: float) -> None:
        count = int(RATE * seconds)
        await self.output.capture_frame(rtc.AudioFrame(b"\0\0" * count, RATE, 1, count))
        self.output.flush()

    async def _stream_bytes(self, **_: object) -> Writer:
        return Writer()

    async def _perform_rpc(self, **_: object) -> str:
        await self.answers.wait()
        return "ok"

    def _on_stalled(self, _: AvatarStalled) -> None:
        self.stalls += 1


@pytest.fixture
async def setup(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Setup]:
    monkeypatch.setattr(avatar_output, "_CHECK_EVERY_S", 0.02)
    monkeypatch.setattr(avatar_output, "_SILENT_S", 0.4)
    made = Setup()
    yield made
    made.output.detach()
    made.answers.set()


async def test_avatar_that_does_not_confirm_a_stop_is_stalled(
    setup: Setup,
) -> None:
    """The next line would wait 15 s for the confirmation, and then never end."""
    await setup.says(30)
    setup.output.clear_buffer()
    await asyncio.sleep(0.2)
    assert setup.stalls == 0
    await asyncio.sleep(0.4)
    assert setup.stalls == 1


async def test_avatar_that_confirms_a_stop_is_not_stalled(setup: Setup) -> None:
    await setup.says(30)
    setup.output.clear_buffer()
    setup.answers.set()
    setup.output.on_playback_finished(playback_position=1.0, interrupted=True)
    await asyncio.sleep(0.6)
    assert (setup.stalls, setup.finished) == (0, [True])


async def test_interruption_that_only_the_avatar_reports_is_ignored(
    setup: Setup,
) -> None:
    await setup.says(30)
    setup.output.on_playback_finished(playback_position=1.0, interrupted=True)
    assert setup.finished == []
