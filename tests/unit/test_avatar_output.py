"""What is done about an avatar that does not do as it is told; it is given speech, no more.

The seconds are a tenth of the real ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from livekit import rtc

from agent.avatar import output as sink
from agent.avatar.output import AvatarOutput
from tests.fakes.room import FakeRoom

RATE = 16_000


class Writer:
    async def write(self, data: bytes) -> None: ...

    async def aclose(self) -> None: ...


class Hall:
    """An avatar in a room, and the sink that takes speech to it."""

    def __init__(self) -> None:
        self.room = FakeRoom()
        self.answers = asyncio.Event()
        """Set: it answers when it is told something."""
        self.stalls = 0
        self.finished: list[bool] = []
        """Whether each segment was interrupted."""
        vars(self.room.local_participant).update(
            _rpc_handlers={}, stream_bytes=self._stream_bytes, perform_rpc=self._perform_rpc
        )
        self.room.avatar_joins("avatar")
        self.output = AvatarOutput(
            cast(Any, self.room), "avatar", sample_rate=RATE, on_stall=self._stall
        )
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

    def _stall(self) -> None:
        self.stalls += 1


@pytest.fixture
async def hall(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hall]:
    monkeypatch.setattr(sink, "_LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(sink, "_SILENT_S", 0.4)
    here = Hall()
    yield here
    here.output.let_go()
    here.answers.set()


async def test_avatar_that_does_not_answer_when_told_to_stop_gives_way_to_the_voice(
    hall: Hall,
) -> None:
    """The next line would wait behind the answer: 15 s, and then it would never be over."""
    await hall.says(30)
    hall.output.clear_buffer()
    await asyncio.sleep(0.2)
    assert hall.stalls == 0
    await asyncio.sleep(0.4)
    assert hall.stalls == 1


async def test_avatar_that_stops_when_told_to_stays(hall: Hall) -> None:
    await hall.says(30)
    hall.output.clear_buffer()
    hall.answers.set()
    hall.output.on_playback_finished(playback_position=1.0, interrupted=True)
    await asyncio.sleep(0.6)
    assert (hall.stalls, hall.finished) == (0, [True])


async def test_avatar_that_says_of_itself_that_it_was_interrupted_is_not_believed(
    hall: Hall,
) -> None:
    await hall.says(30)
    hall.output.on_playback_finished(playback_position=1.0, interrupted=True)
    assert hall.finished == []
