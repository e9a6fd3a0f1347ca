"""The output stops the avatar, and notices an avatar that does not do what it is told."""

from __future__ import annotations

import asyncio
import gc
import json
from typing import Any, cast

import pytest
from livekit import rtc
from livekit.agents.voice.transcription import TranscriptSynchronizer

from tests.support.avatar_output import RATE, AvatarOutputSetup, speech
from tests.support.process_logs import logged
from tests.support.waiting import until


async def test_output_detached_while_it_stops_ends_its_segment(avatar: AvatarOutputSetup) -> None:
    """Otherwise the session would wait without limit when it closes."""
    await avatar.says(5.0)
    avatar.output.clear_buffer()
    avatar.output.detach()
    assert avatar.interruptions == [True]


async def test_output_detached_while_it_stops_leaves_no_call_behind(
    avatar: AvatarOutputSetup, recwarn: pytest.WarningsRecorder
) -> None:
    """Python would write "was never awaited" into the log, in three lines that are not JSON."""
    await avatar.says(5.0)
    avatar.output.clear_buffer()
    await asyncio.sleep(0)
    avatar.output.detach()
    await asyncio.sleep(0.1)
    gc.collect()
    assert [str(each.message) for each in recwarn] == []


async def test_line_is_reported_as_stopped_after_its_text_has_stopped(
    avatar: AvatarOutputSetup, caplog: pytest.LogCaptureFixture
) -> None:
    """A greeting that ends while a reply is generated logs no warning."""
    synchronizer = TranscriptSynchronizer(
        next_in_chain_audio=avatar.output, next_in_chain_text=cast(Any, None)
    )
    samples = speech(1.0)
    audio, text = synchronizer.audio_output, synchronizer.text_output
    await text.capture_text("Hello, ")
    await audio.capture_frame(rtc.AudioFrame(samples.tobytes(), RATE, 1, len(samples)))
    avatar.output.detach()
    audio.flush()
    audio.clear_buffer()
    await asyncio.sleep(0)
    text.flush()
    await until(lambda: avatar.interruptions == [True], 30, "the segment did not end")
    await synchronizer.aclose()
    assert not [each.message for each in caplog.records if each.levelname == "WARNING"]


async def test_avatar_that_left_while_speaking_does_not_hold_the_session(
    avatar: AvatarOutputSetup,
) -> None:
    await avatar.says(5.0)
    avatar.room.leaves("avatar")
    avatar.output.clear_buffer()
    await until(lambda: avatar.interruptions == [True], 30, "the segment did not end")
    assert avatar.stalls == 0


async def test_next_line_is_sent_after_the_avatar_was_silenced(avatar: AvatarOutputSetup) -> None:
    await avatar.says(5.0)
    avatar.output.clear_buffer()
    await until(lambda: avatar.clears > 0, 30, "not silenced")
    await avatar.says(1.0, held=True)
    await avatar.reports(0.01, interrupted=True)
    await avatar.sent(2)
    assert (avatar.interruptions, avatar.streams[1].seconds) == ([True], 1.0)


async def test_avatar_that_does_not_confirm_a_stop_is_stalled(avatar: AvatarOutputSetup) -> None:
    """The next line would wait 15 s for the confirmation, and then never end."""
    avatar.answers = False
    await avatar.says(30)
    avatar.output.clear_buffer()
    await asyncio.sleep(0.2)
    assert avatar.stalls == 0
    await until(lambda: avatar.stalls == 1, 30, "no stall")


async def test_avatar_that_confirms_a_stop_is_not_stalled(avatar: AvatarOutputSetup) -> None:
    await avatar.says(30)
    avatar.output.clear_buffer()
    await until(lambda: avatar.clears > 0, 30, "not silenced")
    await avatar.reports(1.0, interrupted=True)
    await avatar.passes(0.6)
    assert (avatar.stalls, avatar.interruptions) == (0, [True])


async def test_line_whose_end_the_avatar_does_not_report_is_over_after_a_while(
    avatar: AvatarOutputSetup, caplog: pytest.LogCaptureFixture
) -> None:
    avatar.speaks(True)
    await avatar.says(1.0)
    await avatar.passes(1.0)
    avatar.speaks(False)
    await avatar.passes(2.3)
    assert avatar.finished == []
    await avatar.passes(0.5)
    assert (avatar.interruptions, avatar.stalls) == ([False], 0)
    assert logged(caplog, "avatar_end_unreported")


async def test_interruption_that_only_the_avatar_reports_is_ignored(
    avatar: AvatarOutputSetup,
) -> None:
    await avatar.says(30)
    await avatar.reports(1.0, interrupted=True)
    assert avatar.finished == []


async def test_report_of_another_participant_is_ignored(avatar: AvatarOutputSetup) -> None:
    await avatar.says(0.1)
    payload = json.dumps({"playback_position": 0.1, "interrupted": False})
    await avatar.room.says("lk.playback_finished", payload, identity="trainee")
    assert avatar.finished == []


async def test_detached_output_is_cleared_without_asking_the_avatar(
    avatar: AvatarOutputSetup,
) -> None:
    await avatar.says(30)
    avatar.jump(0.2)
    avatar.output.detach()
    avatar.output.clear_buffer()
    await until(lambda: avatar.finished, 30, "the segment did not end")
    [event] = avatar.finished
    assert (event.interrupted, event.playback_position) == (True, pytest.approx(0.2))
    assert avatar.clears == 0


async def test_avatar_that_is_never_heard_is_stalled(avatar: AvatarOutputSetup) -> None:
    await avatar.says(30)
    await avatar.passes(0.3)
    assert avatar.stalls == 0
    await avatar.passes(0.2)
    assert avatar.stalls == 1


async def test_avatar_that_falls_silent_in_a_line_is_stalled(avatar: AvatarOutputSetup) -> None:
    avatar.speaks(True)
    await avatar.says(30)
    await avatar.passes(0.6)
    assert avatar.stalls == 0
    avatar.speaks(False)
    await avatar.passes(0.5)
    assert avatar.stalls == 1


async def test_avatar_whose_voice_livekit_reports_is_not_listened_to(
    avatar: AvatarOutputSetup,
) -> None:
    avatar.speaks(True)
    await avatar.says(30)
    await avatar.passes(0.6)
    assert (avatar.stalls, avatar.audio.asked_for) == (0, 0)


async def test_avatar_whose_voice_livekit_does_not_report_is_listened_to_at_intervals(
    avatar: AvatarOutputSetup,
) -> None:
    """The voice may be too quiet for LiveKit, or the trainee's turn hides the report."""
    avatar.audio.loud = True
    await avatar.says(30)
    await avatar.passes(0.6)
    assert (avatar.stalls, avatar.audio.asked_for) == (0, 3)
    assert not avatar.audio.received, "it was listened to all the time"


async def test_avatar_is_not_listened_to_between_lines(avatar: AvatarOutputSetup) -> None:
    await avatar.says(0.1)
    await avatar.passes(0.3)
    assert avatar.audio.received
    await avatar.reports(0.1, interrupted=False)
    await avatar.passes(0.02)
    assert not avatar.audio.received
