"""The output pauses the avatar, and notices an avatar that does not do what it is told."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
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


class Setup:
    """An avatar in a room, and the output that sends speech to it."""

    def __init__(self) -> None:
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

    @property
    def interruptions(self) -> list[bool]:
        """Whether each segment was interrupted."""
        return [event.interrupted for event in self.finished]

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
            lambda: len(self.streams) >= streams and self.streams[-1].closed, 5, "not all was sent"
        )

    async def reports(self, position_s: float, *, interrupted: bool) -> None:
        payload = {"playback_position": position_s, "interrupted": interrupted}
        await self.room.says("lk.playback_finished", json.dumps(payload), identity="avatar")

    async def pauses(self, position_s: float) -> None:
        """Pause, and let the avatar report where it stopped."""
        before = self.clears
        self.output.pause()
        await until(lambda: self.clears > before, 5, "the avatar was not silenced")
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


@pytest.fixture
async def setup(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Setup]:
    monkeypatch.setattr(avatar_output, "_CHECK_EVERY_S", 0.02)
    monkeypatch.setattr(avatar_output, "_SILENT_S", 0.4)
    monkeypatch.setattr(avatar_output, "_STOP_REPORT_S", 0.2)
    made = Setup()
    yield made
    made.output.detach()


def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let the output's clock jump ahead."""
    ahead = 0.0

    def jump(seconds: float) -> None:
        nonlocal ahead
        ahead += seconds

    ours = SimpleNamespace(monotonic=lambda: time.monotonic() + ahead, time=time.time)
    for module in (avatar_output, playback, sound):
        monkeypatch.setattr(module, "time", ours)
    return jump


async def test_paused_line_goes_on_where_it_stopped(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    jump = clock(monkeypatch)
    samples = await setup.says(5.0)
    jump(2.4)
    await setup.pauses(2.35)  # in the gap after the sixth word
    assert setup.finished == [], "the session was told that the line is over"
    await setup.resumes()
    (first, rest) = setup.streams
    assert first.closed
    assert rest.closed
    assert first.data == samples.tobytes()
    assert rest.data == samples[-len(rest.data) // 2 :].tobytes()
    assert 2.3 <= 5.0 - rest.seconds < 2.35
    jump(2.6)
    await setup.reports(rest.seconds, interrupted=False)
    (end,) = setup.finished
    assert (end.interrupted, round(end.playback_position, 2)) == (False, 5.0)
    assert (setup.started, setup.stalls) == (1, 0)
    (before, after) = setup.runs
    assert before == (0.0, 2.35)
    assert sum(after) == pytest.approx(5.0)


async def test_line_paused_within_a_word_repeats_the_word(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    jump = clock(monkeypatch)
    await setup.says(5.0)
    jump(2.3)
    await setup.pauses(2.2)  # 0.2 s into the sixth word
    await setup.resumes()
    assert 1.9 <= 5.0 - setup.streams[1].seconds <= 2.0


async def test_audio_that_comes_during_a_pause_is_kept(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    jump = clock(monkeypatch)
    samples = speech(4.0)
    await setup.captures(samples[:RATE])
    await until(lambda: bool(setup.streams) and setup.streams[0].seconds == 1, 5, "not sent")
    jump(0.8)
    await setup.pauses(0.75)
    await setup.captures(samples[RATE:])
    setup.output.flush()
    await asyncio.sleep(0.05)
    assert len(setup.streams) == 1, "audio was sent in the pause"
    await setup.resumes()
    assert 0.7 <= 4.0 - setup.streams[1].seconds < 0.75


async def test_line_interrupted_in_a_pause_ends_at_once_with_what_was_heard(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    jump = clock(monkeypatch)
    await setup.says(30)
    jump(3.0)
    await setup.pauses(2.9)
    setup.output.clear_buffer()
    (end,) = setup.finished
    assert (end.interrupted, end.playback_position) == (True, 2.9)
    setup.output.resume()
    await asyncio.sleep(0.05)
    assert (setup.clears, len(setup.streams)) == (1, 1)


async def test_line_that_begins_in_a_pause_is_sent_afterwards(setup: Setup) -> None:
    setup.output.pause()
    await setup.says(1.0, held=True)
    assert (setup.streams, setup.started, setup.clears) == ([], 0, 0)
    await setup.resumes()
    assert (setup.streams[0].seconds, setup.started) == (1.0, 1)


async def test_line_interrupted_before_it_began_was_not_heard(setup: Setup) -> None:
    setup.output.pause()
    await setup.says(1.0, held=True)
    setup.output.clear_buffer()
    (end,) = setup.finished
    assert (end.interrupted, end.playback_position, setup.started) == (True, 0.0, 0)


async def test_pause_after_the_last_word_lets_the_line_end(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    jump = clock(monkeypatch)
    await setup.says(2.0)
    jump(1.95)
    setup.output.pause()
    await asyncio.sleep(0.05)
    await setup.reports(2.0, interrupted=False)
    assert (setup.interruptions, setup.clears) == ([False], 0)


async def test_line_that_was_played_when_the_avatar_was_silenced_is_over(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its report of the end and our command cross."""
    jump = clock(monkeypatch)
    await setup.says(2.0)
    jump(1.8)
    setup.output.pause()
    await until(lambda: setup.clears > 0, 5, "not silenced")
    await setup.reports(2.0, interrupted=False)
    setup.output.resume()
    await until(lambda: setup.interruptions == [False], 5, "the line did not end")
    assert len(setup.streams) == 1


async def test_resume_waits_for_the_report_of_the_position(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    jump = clock(monkeypatch)
    await setup.says(5.0)
    jump(2.4)
    setup.output.pause()
    await until(lambda: setup.clears > 0, 5, "not silenced")
    setup.output.resume()
    await asyncio.sleep(0.05)
    assert len(setup.streams) == 1
    await setup.reports(2.35, interrupted=True)
    await until(lambda: len(setup.streams) == 2, 5, "the line did not go on")


async def test_line_can_be_paused_again(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    jump = clock(monkeypatch)
    await setup.says(10.0)
    jump(2.4)
    await setup.pauses(2.35)
    await setup.resumes()
    jump(2.0)
    await setup.pauses(1.95)
    await setup.resumes()
    second, third = (10.0 - stream.seconds for stream in setup.streams[1:])
    assert (round(second, 1), round(third, 1)) == (2.3, 4.0)
    await setup.pauses(0.0)
    await setup.resumes()
    setup.output.clear_buffer()
    await until(lambda: setup.clears == 4, 5, "not silenced")
    await setup.reports(0.01, interrupted=True)
    await until(lambda: setup.interruptions == [True], 5, "the line did not end")
    assert setup.finished[0].playback_position < third + 0.5


async def test_position_is_taken_from_the_clock_if_the_avatar_does_not_report_it(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    jump = clock(monkeypatch)
    await setup.says(5.0)
    jump(2.3)
    setup.output.pause()
    await until(lambda: setup.clears > 0, 5, "not silenced")
    await asyncio.sleep(0.3)
    await setup.reports(0.5, interrupted=True)  # too late to count
    await setup.resumes()
    assert 1.9 <= 5.0 - setup.streams[1].seconds <= 2.4
    await setup.reports(0.5, interrupted=True)
    assert setup.finished == []


async def test_avatar_that_refuses_to_be_silent_goes_on(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    jump = clock(monkeypatch)
    setup.refuses = True
    await setup.captures(speech(2.0))
    await asyncio.sleep(0.01)
    setup.output.pause()
    await asyncio.sleep(0.05)
    setup.output.resume()
    await setup.captures(speech(1.0))
    setup.output.flush()
    await until(lambda: sum(s.seconds for s in setup.streams) == 3.0, 5, "audio is missing")
    jump(3.0)
    await setup.reports(3.0, interrupted=False)
    assert (setup.interruptions, setup.stalls) == ([False], 0)


async def test_silence_in_a_pause_is_no_stall(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    jump = clock(monkeypatch)
    await setup.says(30)
    jump(1.0)
    await setup.pauses(0.9)
    await asyncio.sleep(0.6)
    jump(30)
    await asyncio.sleep(0.1)
    assert (setup.stalls, setup.finished) == (0, [])


async def test_output_detached_in_a_pause_can_be_cleared(setup: Setup) -> None:
    await setup.says(5.0)
    await setup.pauses(0.0)
    setup.output.detach()
    setup.output.clear_buffer()
    assert setup.interruptions == [True]


async def test_output_detached_while_it_stops_ends_its_segment(setup: Setup) -> None:
    """Else the session would wait without limit when it closes."""
    await setup.says(5.0)
    setup.output.clear_buffer()
    setup.output.detach()
    assert setup.interruptions == [True]


async def test_avatar_that_left_in_a_pause_does_not_hold_the_session(setup: Setup) -> None:
    await setup.says(5.0)
    await setup.pauses(0.0)
    setup.room.leaves("avatar")
    setup.output.clear_buffer()
    assert setup.interruptions == [True]


async def test_avatar_that_left_while_speaking_does_not_hold_the_session(setup: Setup) -> None:
    await setup.says(5.0)
    setup.room.leaves("avatar")
    setup.output.clear_buffer()
    await until(lambda: setup.interruptions == [True], 5, "the segment did not end")
    assert setup.stalls == 0


async def test_next_line_is_sent_after_the_avatar_was_silenced(setup: Setup) -> None:
    await setup.says(5.0)
    setup.output.clear_buffer()
    await until(lambda: setup.clears > 0, 5, "not silenced")
    await setup.says(1.0, held=True)
    await setup.reports(0.01, interrupted=True)
    await setup.sent(2)
    assert (setup.interruptions, setup.streams[1].seconds) == ([True], 1.0)


async def test_avatar_that_does_not_confirm_a_stop_is_stalled(setup: Setup) -> None:
    """The next line would wait 15 s for the confirmation, and then never end."""
    setup.answers = False
    await setup.says(30)
    setup.output.clear_buffer()
    await asyncio.sleep(0.2)
    assert setup.stalls == 0
    await until(lambda: setup.stalls == 1, 5, "no stall")


async def test_avatar_that_confirms_a_stop_is_not_stalled(setup: Setup) -> None:
    await setup.says(30)
    setup.output.clear_buffer()
    await until(lambda: setup.clears > 0, 5, "not silenced")
    await setup.reports(1.0, interrupted=True)
    await asyncio.sleep(0.6)
    assert (setup.stalls, setup.interruptions) == (0, [True])


async def test_interruption_that_only_the_avatar_reports_is_ignored(setup: Setup) -> None:
    await setup.says(30)
    await setup.reports(1.0, interrupted=True)
    assert setup.finished == []


async def test_report_of_another_participant_is_ignored(setup: Setup) -> None:
    await setup.says(0.1)
    payload = json.dumps({"playback_position": 0.1, "interrupted": False})
    await setup.room.says("lk.playback_finished", payload, identity="trainee")
    assert setup.finished == []


async def test_detached_output_is_cleared_without_asking_the_avatar(setup: Setup) -> None:
    await setup.says(30)
    await asyncio.sleep(0.2)
    setup.output.detach()
    setup.output.clear_buffer()
    [event] = setup.finished
    assert event.interrupted
    assert 0.2 <= event.playback_position < 2
    assert setup.clears == 0
