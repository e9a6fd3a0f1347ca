"""EgressRecorder and Recording against a fake egress service that speaks LiveKit's protocol."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from livekit import api

from agent.core.errors import RecordingError
from agent.core.events import Events, RecordingChanged
from agent.core.settings import RecordingSettings
from agent.recording.bucket import Bucket
from agent.recording.egress_recorder import EgressRecorder
from agent.recording.recording import Recording
from tests.fakes.egress import STATUS, EgressServer, egress_server
from tests.fakes.s3 import BUCKET, KEY, S3, SECRET, s3_bucket
from tests.support.waiting import until

KEYS = {"recordings/7/AJ_1.ogg", "recordings/7/AJ_1.vtt"}


@dataclass
class Stage:
    """An egress service, a bucket, and a recorder that uses them."""

    server: EgressServer
    s3: S3
    recorder: EgressRecorder

    def recording(self, changes: list[bool]) -> Recording:
        events = Events()
        recording = Recording(self.recorder, events)
        events.on(RecordingChanged, lambda _: changes.append(recording.is_active))
        return recording


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(egress_server())
        s3 = await stack.enter_async_context(s3_bucket())
        settings = RecordingSettings.from_env({**s3.settings, "RECORDING": "egress"})
        livekit = await stack.enter_async_context(
            api.LiveKitAPI(server.url, "the-livekit-key", server.secret)
        )
        bucket = Bucket.from_settings(settings)
        assert bucket is not None
        recorder = EgressRecorder(
            livekit.egress, settings, bucket, room="training-session-7", name="7/AJ_1"
        )
        yield Stage(server, s3, recorder)


async def test_egress_records_the_rooms_audio_to_the_bucket(stage: Stage) -> None:
    changes: list[bool] = []
    recording = stage.recording(changes)
    await recording.start()
    (asked,) = stage.server.started
    assert (asked.room_name, asked.audio_only) == ("training-session-7", True)
    (file,) = asked.file_outputs
    assert file.file_type == api.EncodedFileType.OGG
    assert file.filepath == "recordings/7/AJ_1.ogg"
    assert (file.s3.bucket, file.s3.access_key, file.s3.secret) == (BUCKET, KEY, SECRET)
    assert (file.s3.endpoint, file.s3.force_path_style) == (stage.s3.url, True)

    stage.s3.put("recordings/7/AJ_1.ogg")
    await recording.finish(keep=True, at_once=False)
    state = recording.state
    assert (state.by, state.status, state.error) == ("egress", "kept", None)
    assert state.key == "recordings/7/AJ_1.ogg"
    assert stage.s3.objects["recordings/7/AJ_1.vtt"] == b"WEBVTT\n"
    assert changes == [True]


@pytest.mark.parametrize(
    ("refusal", "advice"),
    [
        ((503, "unavailable"), "set RECORDING=worker"),
        ((500, "internal"), "RECORDING=worker"),
        ((429, "resource_exhausted"), "add egress workers"),
        ((401, "unauthenticated"), "LIVEKIT_API_KEY"),
        ((403, "permission_denied"), "is not allowed to record"),
        ((400, "invalid_argument"), "RECORDING_S3"),
        ((501, "unimplemented"), "see LiveKit's log"),
    ],
)
async def test_egress_refusal_has_advice_and_no_token(
    stage: Stage, refusal: tuple[int, str], advice: str
) -> None:
    stage.server.refusal = refusal
    recording = stage.recording([])
    await recording.start()
    assert not recording.is_active
    assert recording.state.status == "failed"
    assert advice in str(recording.state.error)
    assert "eyJ" not in str(recording.state.error)
    await recording.finish(keep=True, at_once=True)
    assert stage.s3.asked == []


async def test_egress_failure_ends_as_failed_recording(stage: Stage) -> None:
    recording = stage.recording([])
    await recording.start()
    stage.server.status = STATUS.EGRESS_FAILED
    await recording.finish(keep=True, at_once=False)
    assert recording.state.status == "failed"
    assert "egress failed" in str(recording.state.error)
    assert "AKIA" not in str(recording.state.error)


async def test_egress_that_ends_early_cuts_the_recording_short(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.recording.egress_recorder._CHECK_EVERY_S", 0.05)
    changes: list[bool] = []
    recording = stage.recording(changes)
    await recording.start()
    stage.server.status = STATUS.EGRESS_LIMIT_REACHED
    await until(lambda: not recording.is_active)
    assert changes == [True, False]
    await recording.finish(keep=True, at_once=False)
    assert recording.state.status == "cut_short"
    assert "limit" in str(recording.state.error)
    # If the trainee declines then, the stored part is deleted too.
    for key in KEYS:
        stage.s3.put(key)
    recording.withdraw()
    await recording.finish(keep=True, at_once=False)
    assert (recording.state.status, stage.s3.objects) == ("withdrawn", {})


@pytest.mark.parametrize("how", ["withdrawn", "forgotten"])
async def test_unwanted_egress_recording_is_stopped_and_deleted(stage: Stage, how: str) -> None:
    recording = stage.recording([])
    await recording.start()
    for key in KEYS:
        stage.s3.put(key)
    if how == "withdrawn":
        recording.withdraw()
        recording.withdraw()
    await recording.finish(keep=how == "withdrawn", at_once=False)
    assert recording.state.status == "withdrawn"
    assert recording.state.error is None
    assert "StopEgress" in stage.server.asked
    assert stage.s3.objects == {}


async def test_egress_that_starts_late_is_stopped_and_deleted(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.recording.egress_recorder._CALL_TIMEOUT_S", 0.1)
    stage.server.slow_s = 0.3
    recording = stage.recording([])
    await recording.start()
    assert recording.state.status == "failed"
    assert "RECORDING=worker" in str(recording.state.error)
    for key in KEYS:
        stage.s3.put(key)
    await until(lambda: not stage.s3.objects)
    assert "StopEgress" in stage.server.asked


async def test_egress_start_fails_soon_if_livekit_is_not_reachable() -> None:
    settings = RecordingSettings.from_env(
        {
            "RECORDING": "egress",
            "RECORDING_S3_BUCKET": "b",
            "RECORDING_S3_ACCESS_KEY": "k",
            "RECORDING_S3_SECRET": "s",
        }
    )
    bucket = Bucket.from_settings(settings)
    assert bucket is not None
    async with api.LiveKitAPI("http://127.0.0.1:9", "key", "s" * 32) as livekit:
        recorder = EgressRecorder(livekit.egress, settings, bucket, room="r", name="7/AJ_1")
        async with asyncio.timeout(30):
            with pytest.raises(RecordingError, match="LiveKit was not reached"):
                await recorder.start()
