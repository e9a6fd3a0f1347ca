"""The output that sends speech to an avatar, in a room and with a clock that only tests move."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from livekit import rtc
from livekit.agents.voice.io import PlaybackFinishedEvent

from agent.avatar import output as avatar_output
from agent.avatar import playback, sound
from agent.avatar.output import AvatarOutput
from agent.core.events import AvatarStalled, Events
from tests.fakes.room import FakeRoom
from tests.support.waiting import until

RATE = 16_000
_CHECK_S = 0.001
_STEP_S = 0.02
"""The clock moves this far between two checks of the output."""
WORD_S, GAP_S = 0.3, 0.1
"""The speech of these tests: words with gaps, so that a position can be told from the samples."""


def speech(seconds: float) -> np.ndarray:
    """Samples that count up and never repeat within a second, silent in the gaps."""
    at = np.arange(int(RATE * seconds))
    in_word = (at / RATE) % (WORD_S + GAP_S) < WORD_S
    return np.where(in_word, 1_000 + at % RATE, 0).astype(np.int16)


class Stream:
    """One byte stream as the avatar receives it."""

    def __init__(self) -> None:
        self.data = b""
        self.closed = False

    async def write(self, data: bytes) -> None:
        self.data += data

    async def aclose(self) -> None:
        self.closed = True

    @property
    def seconds(self) -> float:
        return len(self.data) / 2 / RATE


class AvatarAudio:
    """The SDK's stream of the avatar's audio: a frame for every check of the output."""

    def __init__(self) -> None:
        self.received = False
        """True while the server is told to send the audio."""
        self.loud = False
        self.asked_for = 0
        """How often the server was told to send it."""

    def receive_track(self, _: object, *, receive: bool) -> None:
        self.asked_for += receive and not self.received
        self.received = receive

    def stream(self, *_: object, **__: object) -> AvatarAudio:
        return self

    async def __aiter__(self) -> AsyncIterator[SimpleNamespace]:
        while True:
            await asyncio.sleep(_CHECK_S)
            sample = 5_000 if self.loud and self.received else 0
            data = np.full(160, sample, np.int16).data
            yield SimpleNamespace(frame=SimpleNamespace(data=data))

    async def aclose(self) -> None:
        """Close nothing: the stream ends with the task that reads it."""


class AvatarOutputSetup:
    """An avatar in a room, and the output that sends speech to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Shorten the output's timeouts, and stop its clock."""
        monkeypatch.setattr(avatar_output, "_CHECK_EVERY_S", _CHECK_S)
        monkeypatch.setattr(avatar_output, "_SILENT_S", 0.4)
        monkeypatch.setattr(avatar_output, "_STOP_REPORT_S", 30)
        monkeypatch.setattr(avatar_output, "_DOUBT_S", 0.15)
        monkeypatch.setattr(sound, "_LISTEN_S", 0.15)
        self.audio = AvatarAudio()
        monkeypatch.setattr(sound, "receive_track", self.audio.receive_track)
        monkeypatch.setattr(rtc, "AudioStream", self.audio.stream)
        self._now_s = 1_000.0
        clock = SimpleNamespace(monotonic=lambda: self._now_s, time=time.time)
        for module in (avatar_output, playback, sound):
            monkeypatch.setattr(module, "time", clock)
        self.room = FakeRoom()
        self.answers = True
        """False if the avatar does not answer RPCs."""
        self.refuses = False
        """True if it answers `lk.clear_buffer` with an error."""
        self.clears = 0
        self.streams: list[Stream] = []
        self.stalls = 0
        self.started = 0
        self.finished: list[PlaybackFinishedEvent] = []
        vars(self.room.local_participant).update(
            stream_bytes=self._stream_bytes, perform_rpc=self._perform_rpc
        )
        self.room.avatar_joins("avatar")
        self._avatar = self.room.remote_participants["avatar"]
        for publication in self._avatar.track_publications.values():
            publication.track = object()
        events = Events()
        events.on(AvatarStalled, self._on_stalled)
        self.output = AvatarOutput(cast(Any, self.room), "avatar", events)
        self.output.on("playback_started", self._on_started)
        self.output.on("playback_finished", self.finished.append)
        self.runs: list[tuple[float, float]] = []
        """Position and duration of each part of a paused line."""
        self.output.on(
            "playback_progressed", lambda run: self.runs.append((run.offset, run.duration))
        )

    def jump(self, seconds: float) -> None:
        """Move the output's clock at once, between two checks."""
        self._now_s += seconds

    async def passes(self, seconds: float) -> None:
        """Move the output's clock, and let the output check the avatar all the time."""
        for _ in range(round(seconds / _STEP_S)):
            self.jump(_STEP_S)
            # The event loop runs timers in their order, however late: this one after a check.
            await asyncio.sleep(3 * _CHECK_S)

    @property
    def interruptions(self) -> list[bool]:
        """Whether each segment was interrupted."""
        return [event.interrupted for event in self.finished]

    def speaks(self, speaks: bool) -> None:
        """Let LiveKit's server report whether the avatar speaks."""
        self.room.emit("active_speakers_changed", [self._avatar] if speaks else [])

    async def captures(self, samples: np.ndarray) -> None:
        frame = rtc.AudioFrame(samples.tobytes(), RATE, 1, len(samples))
        await self.output.capture_frame(frame)

    async def says(self, seconds: float, *, held: bool = False) -> np.ndarray:
        """Say a line, and wait until all of it was sent to the avatar.

        Args:
            held: the output must not send the line yet.
        """
        before = len(self.streams)
        samples = speech(seconds)
        await self.captures(samples)
        self.output.flush()
        if held:
            await asyncio.sleep(0.05)
            assert len(self.streams) == before
        else:
            await self.sent(before + 1)
        return samples

    async def sent(self, streams: int) -> None:
        """Wait until the avatar has received this many streams, all complete."""
        await until(
            lambda: len(self.streams) >= streams and self.streams[-1].closed, 30, "not all was sent"
        )

    async def reports(self, position_s: float, *, interrupted: bool) -> None:
        payload = {"playback_position": position_s, "interrupted": interrupted}
        await self.room.says("lk.playback_finished", json.dumps(payload), identity="avatar")

    async def pauses(self, position_s: float) -> None:
        """Pause, and let the avatar report where it stopped."""
        before = self.clears
        self.output.pause()
        await until(lambda: self.clears > before, 30, "the avatar was not silenced")
        await self.reports(position_s, interrupted=True)
        for _ in range(10):
            await asyncio.sleep(0)  # the output's tasks handle the report

    async def resumes(self) -> None:
        before = len(self.streams)
        self.output.resume()
        await self.sent(before + 1)

    async def _stream_bytes(self, **_: object) -> Stream:
        self.streams.append(Stream())
        return self.streams[-1]

    async def _perform_rpc(self, *, method: str, response_timeout: float, **_: object) -> str:
        assert method == "lk.clear_buffer"
        if self.refuses:
            raise rtc.RpcError(1500, "refused")
        if not self.answers:
            await asyncio.sleep(response_timeout)
            raise rtc.RpcError(rtc.RpcError.ErrorCode.RESPONSE_TIMEOUT, "")
        self.clears += 1
        return "ok"

    def _on_started(self, _: object) -> None:
        self.started += 1

    def _on_stalled(self, _: AvatarStalled) -> None:
        self.stalls += 1
