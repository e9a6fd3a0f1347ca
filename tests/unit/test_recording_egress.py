"""Egress as it is asked for, and what is made of its answers; at its wire: none runs here."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from livekit import api

from agent.core.errors import RecordingError
from agent.core.settings import RecordingSettings
from agent.recording.bucket import Bucket
from agent.recording.egress_recorder import Egress
from agent.recording.recording import Recording
from tests.fakes.egress import STATUS, EgressServer, egress_server
from tests.fakes.s3 import BUCKET, KEY, S3, SECRET, s3_bucket

KEYS = {"recordings/7/AJ_1.ogg", "recordings/7/AJ_1.vtt"}


@dataclass
class There:
    """An egress service, a bucket, and a recording that is to be made with them."""

    server: EgressServer
    s3: S3
    egress: Egress

    def recording(self, changes: list[bool]) -> Recording:
        recording = Recording(self.egress, on_change=lambda: changes.append(recording.on))
        return recording


@pytest.fixture
async def there() -> AsyncIterator[There]:
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(egress_server())
        s3 = await stack.enter_async_context(s3_bucket())
        settings = RecordingSettings.from_env({**s3.settings, "RECORDING": "egress"})
        livekit = await stack.enter_async_context(
            api.LiveKitAPI(server.url, "the-livekit-key", server.secret)
        )
        bucket = Bucket.of(settings)
        assert bucket is not None
        egress = Egress(
            livekit.egress,
            settings,
            bucket,
            room="training-session-7",
            session_id="7",
            greeting_id="AJ_1",
        )
        yield There(server, s3, egress)


async def test_room_is_recorded_as_sound_straight_to_the_bucket(there: There) -> None:
    changes: list[bool] = []
    recording = there.recording(changes)
    await recording.begin()
    (asked,) = there.server.started
    assert (asked.room_name, asked.audio_only) == ("training-session-7", True)
    (file,) = asked.file_outputs
    assert file.file_type == api.EncodedFileType.OGG
    assert file.filepath == "recordings/7/AJ_1.ogg"
    assert (file.s3.bucket, file.s3.access_key, file.s3.secret) == (BUCKET, KEY, SECRET)
    assert (file.s3.endpoint, file.s3.force_path_style) == (there.s3.url, True)

    there.s3.put("recordings/7/AJ_1.ogg")
    await recording.finish(keep=True, at_once=False)
    state = recording.state
    assert (state.by, state.status, state.error) == ("egress", "kept", None)
    assert state.key == "recordings/7/AJ_1.ogg"
    assert there.s3.objects["recordings/7/AJ_1.vtt"] == b"WEBVTT\n"
    assert changes == [True]


@pytest.mark.parametrize(
    ("refusal", "advice"),
    [
        ((503, "unavailable"), "set RECORDING=worker"),
        ((500, "internal"), "RECORDING=worker"),
        ((429, "resource_exhausted"), "add egress workers"),
        ((401, "unauthenticated"), "LIVEKIT_API_KEY"),
        ((403, "permission_denied"), "may not record"),
        ((400, "invalid_argument"), "RECORDING_S3"),
        ((501, "unimplemented"), "see LiveKit's log"),
    ],
)
async def test_a_refusal_says_what_to_do_and_repeats_no_token(
    there: There, refusal: tuple[int, str], advice: str
) -> None:
    there.server.refusal = refusal
    recording = there.recording([])
    await recording.begin()
    assert not recording.on
    assert recording.state.status == "failed"
    assert advice in str(recording.state.error)
    assert "eyJ" not in str(recording.state.error)
    await recording.finish(keep=True, at_once=True)
    assert there.s3.asked == []


async def test_an_egress_that_fails_is_no_recording(there: There) -> None:
    recording = there.recording([])
    await recording.begin()
    there.server.status = STATUS.EGRESS_FAILED
    await recording.finish(keep=True, at_once=False)
    assert recording.state.status == "failed"
    assert "egress failed" in str(recording.state.error)
    assert "AKIA" not in str(recording.state.error)


async def test_one_that_ends_too_early_is_noticed(
    there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.recording.egress_recorder._LOOK_EVERY_S", 0.05)
    changes: list[bool] = []
    recording = there.recording(changes)
    await recording.begin()
    there.server.status = STATUS.EGRESS_LIMIT_REACHED
    async with asyncio.timeout(5):
        while recording.on:
            await asyncio.sleep(0.02)
    assert changes == [True, False]
    await recording.finish(keep=True, at_once=False)
    assert recording.state.status == "cut_short"
    assert "limit" in str(recording.state.error)
    # Who then would rather not have been recorded, has that deleted too.
    for key in KEYS:
        there.s3.put(key)
    assert recording.withdraw()
    await recording.finish(keep=True, at_once=False)
    assert (recording.state.status, there.s3.objects) == ("withdrawn", {})


@pytest.mark.parametrize("how", ["withdrawn", "forgotten"])
async def test_unwanted_it_is_stopped_and_deleted_once_it_is_written(
    there: There, how: str
) -> None:
    recording = there.recording([])
    await recording.begin()
    for key in KEYS:
        there.s3.put(key)
    if how == "withdrawn":
        assert recording.withdraw()
        assert not recording.withdraw()
    await recording.finish(keep=how == "withdrawn", at_once=False)
    assert recording.state.status == "withdrawn"
    assert recording.state.error is None
    assert "StopEgress" in there.server.asked
    assert there.s3.objects == {}


async def test_one_that_begins_when_nobody_waits_any_more_is_stopped_and_deleted(
    there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.recording.egress_recorder._CALL_S", 0.1)
    there.server.slow_s = 0.3
    recording = there.recording([])
    await recording.begin()
    assert recording.state.status == "failed"
    assert "RECORDING=worker" in str(recording.state.error)
    for key in KEYS:
        there.s3.put(key)
    async with asyncio.timeout(5):
        while there.s3.objects:
            await asyncio.sleep(0.02)
    assert "StopEgress" in there.server.asked


async def test_livekit_that_is_not_there_does_not_hold_anybody_up() -> None:
    settings = RecordingSettings.from_env(
        {
            "RECORDING": "egress",
            "RECORDING_S3_BUCKET": "b",
            "RECORDING_S3_ACCESS_KEY": "k",
            "RECORDING_S3_SECRET": "s",
        }
    )
    bucket = Bucket.of(settings)
    assert bucket is not None
    async with api.LiveKitAPI("http://127.0.0.1:9", "key", "s" * 32) as livekit:
        egress = Egress(
            livekit.egress, settings, bucket, room="r", session_id="7", greeting_id="AJ_1"
        )
        async with asyncio.timeout(5):
            with pytest.raises(RecordingError, match="LiveKit was not reached"):
                await egress.begin()
