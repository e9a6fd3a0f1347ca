"""The output pauses the avatar, and continues the line where it stopped."""

from __future__ import annotations

import asyncio

import pytest

from agent.avatar import output
from tests.support.avatar_output import RATE, AvatarOutputSetup, speech
from tests.support.waiting import until


async def test_paused_line_goes_on_where_it_stopped(avatar: AvatarOutputSetup) -> None:
    samples = await avatar.says(5.0)
    avatar.jump(2.4)
    await avatar.pauses(2.35)  # in the gap after the sixth word
    assert avatar.finished == [], "the session was told that the line is over"
    await avatar.resumes()
    (first, rest) = avatar.streams
    assert first.closed
    assert rest.closed
    assert first.data == samples.tobytes()
    assert rest.data == samples[-len(rest.data) // 2 :].tobytes()
    assert 2.3 <= 5.0 - rest.seconds < 2.35
    avatar.jump(2.6)
    await avatar.reports(rest.seconds, interrupted=False)
    (end,) = avatar.finished
    assert (end.interrupted, round(end.playback_position, 2)) == (False, 5.0)
    assert (avatar.started, avatar.stalls) == (1, 0)
    (before, after) = avatar.runs
    assert before == (0.0, 2.35)
    assert sum(after) == pytest.approx(5.0)


async def test_line_paused_within_a_word_repeats_the_word(avatar: AvatarOutputSetup) -> None:
    await avatar.says(5.0)
    avatar.jump(2.3)
    await avatar.pauses(2.2)  # 0.2 s into the sixth word
    await avatar.resumes()
    assert 1.9 <= 5.0 - avatar.streams[1].seconds <= 2.0


async def test_audio_that_comes_during_a_pause_is_kept(avatar: AvatarOutputSetup) -> None:
    samples = speech(4.0)
    await avatar.captures(samples[:RATE])
    await until(lambda: bool(avatar.streams) and avatar.streams[0].seconds == 1, 30, "not sent")
    avatar.jump(0.8)
    await avatar.pauses(0.75)
    await avatar.captures(samples[RATE:])
    avatar.output.flush()
    await asyncio.sleep(0.05)
    assert len(avatar.streams) == 1, "audio was sent in the pause"
    await avatar.resumes()
    assert 0.7 <= 4.0 - avatar.streams[1].seconds < 0.75


async def test_line_interrupted_in_a_pause_ends_soon_with_what_was_heard(
    avatar: AvatarOutputSetup,
) -> None:
    await avatar.says(30)
    avatar.jump(3.0)
    await avatar.pauses(2.9)
    avatar.output.clear_buffer()
    await until(lambda: avatar.finished, 30, "the line did not end")
    (end,) = avatar.finished
    assert (end.interrupted, end.playback_position) == (True, 2.9)
    avatar.output.resume()
    await asyncio.sleep(0.05)
    assert (avatar.clears, len(avatar.streams)) == (1, 1)


async def test_line_that_begins_in_a_pause_is_sent_afterwards(avatar: AvatarOutputSetup) -> None:
    avatar.output.pause()
    await avatar.says(1.0, held=True)
    assert (avatar.streams, avatar.started, avatar.clears) == ([], 0, 0)
    await avatar.resumes()
    assert (avatar.streams[0].seconds, avatar.started) == (1.0, 1)


async def test_line_interrupted_before_it_began_was_not_heard(avatar: AvatarOutputSetup) -> None:
    avatar.output.pause()
    await avatar.says(1.0, held=True)
    avatar.output.clear_buffer()
    await until(lambda: avatar.finished, 30, "the line did not end")
    (end,) = avatar.finished
    assert (end.interrupted, end.playback_position, avatar.started) == (True, 0.0, 0)


async def test_pause_after_the_last_word_lets_the_line_end(avatar: AvatarOutputSetup) -> None:
    await avatar.says(2.0)
    avatar.jump(1.95)
    avatar.output.pause()
    await asyncio.sleep(0.05)
    await avatar.reports(2.0, interrupted=False)
    assert (avatar.interruptions, avatar.clears) == ([False], 0)


async def test_line_that_was_played_when_the_avatar_was_silenced_is_over(
    avatar: AvatarOutputSetup,
) -> None:
    """Its report of the end and our command cross."""
    await avatar.says(2.0)
    avatar.jump(1.8)
    avatar.output.pause()
    await until(lambda: avatar.clears > 0, 30, "not silenced")
    await avatar.reports(2.0, interrupted=False)
    avatar.output.resume()
    await until(lambda: avatar.interruptions == [False], 30, "the line did not end")
    assert len(avatar.streams) == 1


async def test_resume_waits_for_the_report_of_the_position(avatar: AvatarOutputSetup) -> None:
    await avatar.says(5.0)
    avatar.jump(2.4)
    avatar.output.pause()
    await until(lambda: avatar.clears > 0, 30, "not silenced")
    avatar.output.resume()
    await asyncio.sleep(0.05)
    assert len(avatar.streams) == 1
    await avatar.reports(2.35, interrupted=True)
    await until(lambda: len(avatar.streams) == 2, 30, "the line did not go on")


async def test_line_can_be_paused_again(avatar: AvatarOutputSetup) -> None:
    await avatar.says(10.0)
    avatar.jump(2.4)
    await avatar.pauses(2.35)
    await avatar.resumes()
    avatar.jump(2.0)
    await avatar.pauses(1.95)
    await avatar.resumes()
    second, third = (10.0 - stream.seconds for stream in avatar.streams[1:])
    assert (round(second, 1), round(third, 1)) == (2.3, 4.0)
    await avatar.pauses(0.0)
    await avatar.resumes()
    avatar.output.clear_buffer()
    await until(lambda: avatar.clears == 4, 30, "not silenced")
    await avatar.reports(0.01, interrupted=True)
    await until(lambda: avatar.interruptions == [True], 30, "the line did not end")
    assert avatar.finished[0].playback_position < third + 0.5


async def test_position_is_taken_from_the_clock_if_the_avatar_does_not_report_it(
    avatar: AvatarOutputSetup, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(output, "_STOP_REPORT_S", 0.05)
    await avatar.says(5.0)
    avatar.jump(2.3)
    avatar.output.pause()
    await until(lambda: "did not report where" in caplog.text, 30, "the report is waited for")
    await avatar.reports(0.5, interrupted=True)  # too late to count
    await avatar.resumes()
    assert 1.9 <= 5.0 - avatar.streams[1].seconds <= 2.3
    await avatar.reports(0.5, interrupted=True)
    assert avatar.finished == []


async def test_avatar_that_refuses_to_stop_continues_its_line(avatar: AvatarOutputSetup) -> None:
    avatar.refuses = True
    await avatar.captures(speech(2.0))
    await asyncio.sleep(0.01)
    avatar.output.pause()
    await asyncio.sleep(0.05)
    avatar.output.resume()
    await avatar.captures(speech(1.0))
    avatar.output.flush()
    await until(lambda: sum(s.seconds for s in avatar.streams) == 3.0, 30, "audio is missing")
    avatar.jump(3.0)
    await avatar.reports(3.0, interrupted=False)
    assert (avatar.interruptions, avatar.stalls) == ([False], 0)


async def test_silent_avatar_is_not_stalled_during_a_pause(avatar: AvatarOutputSetup) -> None:
    await avatar.says(30)
    avatar.jump(1.0)
    await avatar.pauses(0.9)
    await avatar.passes(0.6)
    avatar.jump(30)
    await avatar.passes(0.1)
    assert (avatar.stalls, avatar.finished) == (0, [])


async def test_output_detached_in_a_pause_can_be_cleared(avatar: AvatarOutputSetup) -> None:
    await avatar.says(5.0)
    await avatar.pauses(0.0)
    avatar.output.detach()
    avatar.output.clear_buffer()
    await until(lambda: avatar.interruptions == [True], 30, "the line did not end")


async def test_avatar_that_left_in_a_pause_does_not_hold_the_session(
    avatar: AvatarOutputSetup,
) -> None:
    await avatar.says(5.0)
    await avatar.pauses(0.0)
    avatar.room.leaves("avatar")
    avatar.output.clear_buffer()
    await until(lambda: avatar.interruptions == [True], 30, "the line did not end")
