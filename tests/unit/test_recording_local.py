"""LocalRecorder with livekit-agents' recorder: files, errors, and the bucket."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from agent.core.errors import RecordingError
from agent.core.settings import RecordingSettings
from agent.recording.bucket import Bucket
from agent.recording.local_folder import LocalFolder
from agent.recording.local_recorder import LocalRecorder
from agent.recording.recording import StoredRecording
from tests.fakes.audio_session import audio_session, listen
from tests.fakes.s3 import s3_bucket
from tests.fakes.small_disk import small_disk


def recorder_for(root: Path, session: Any, bucket: Bucket | None = None) -> LocalRecorder:
    return LocalRecorder(session, LocalFolder(root), bucket, "7/AJ_1")


async def test_local_recorder_writes_audio_and_captions_to_the_sessions_folder(
    tmp_path: Path,
) -> None:
    session = audio_session()
    recorder = recorder_for(tmp_path, session)
    began_at = time.monotonic()
    await recorder.start()
    await listen(session, 1.0)
    await recorder.stop()
    took_s = time.monotonic() - began_at
    assert await recorder.store("WEBVTT\n", 5) == StoredRecording(
        file=str(tmp_path / "7" / "AJ_1.ogg")
    )
    with av.open(str(tmp_path / "7" / "AJ_1.ogg")) as file:
        length_s = sum(packet.duration * packet.time_base for packet in file.demux() if packet.size)
    assert 0.8 < length_s < took_s + 0.5
    assert (tmp_path / "7" / "AJ_1.vtt").read_text() == "WEBVTT\n"
    await recorder.delete()
    assert os.listdir(tmp_path) == []


async def test_local_recorder_moves_the_recording_to_the_bucket(tmp_path: Path) -> None:
    async with s3_bucket() as s3:
        session = audio_session()
        bucket = Bucket.from_settings(RecordingSettings.from_env(s3.settings))
        recorder = recorder_for(tmp_path, session, bucket)
        await recorder.start()
        await listen(session, 0.5)
        await recorder.stop()
        assert await recorder.store("WEBVTT\n", 5) == StoredRecording(key="recordings/7/AJ_1.ogg")
        assert s3.objects["recordings/7/AJ_1.ogg"].startswith(b"OggS")
        assert s3.objects["recordings/7/AJ_1.vtt"] == b"WEBVTT\n"
        assert s3.types["recordings/7/AJ_1.ogg"] == "audio/ogg"
    assert os.listdir(tmp_path) == []


async def test_local_recorder_moves_recording_and_captions_from_a_full_disk(
    tmp_path: Path,
) -> None:
    async with s3_bucket() as s3:
        with small_disk(tmp_path / "small") as disk:
            session = audio_session()
            bucket = Bucket.from_settings(RecordingSettings.from_env(s3.settings))
            recorder = recorder_for(disk, session, bucket)
            await recorder.start()
            await listen(session, 0.5)
            assert await recorder.stop() == ""
            with (disk / "other-file").open("wb") as file, pytest.raises(OSError, match="No space"):
                file.write(bytes(81 << 20))
            stored = await recorder.store("WEBVTT\n", 5)
            assert stored == StoredRecording(key="recordings/7/AJ_1.ogg")
            assert os.listdir(disk) == ["other-file"]
        assert s3.objects["recordings/7/AJ_1.ogg"].startswith(b"OggS")
        assert s3.objects["recordings/7/AJ_1.vtt"] == b"WEBVTT\n"


async def test_local_recorder_does_not_start_if_the_folder_is_not_writable(
    tmp_path: Path,
) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(RecordingError, match="RECORDINGS_DIR cannot be written to: "):
        await recorder_for(tmp_path / "taken", audio_session()).start()


async def test_local_recorder_stops_if_the_disk_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as disk:
        session = audio_session()
        recorder = recorder_for(disk, session)
        await recorder.start()
        with (disk / "other-file").open("wb") as file, pytest.raises(OSError, match="No space"):
            file.write(bytes(81 << 20))
        assert "almost full" in await asyncio.wait_for(recorder.wait_until_stopped(), 30)
        await listen(session, 0.5)
        assert "could not be written" in await recorder.stop()
        with pytest.raises(RecordingError, match="nothing was recorded"):
            await recorder.store("WEBVTT", 5)
        with pytest.raises(RecordingError, match="almost full"):
            await recorder_for(disk / "other", audio_session()).start()
        assert os.listdir(disk / "other") == []


@pytest.fixture
def file_size_limit() -> Iterator[None]:
    """Let no file of this process grow beyond 10 kB; a second of the test's audio is larger."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    logging.disable()  # the recorder logs the error, and the output may go to a file
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("file_size_limit")
async def test_local_recorder_reports_an_incomplete_file_and_audio_continues(
    tmp_path: Path,
) -> None:
    session = audio_session()
    recorder = recorder_for(tmp_path, session)
    await recorder.start()
    await listen(session, 1.0)
    assert "could not be written completely" in await recorder.stop()
    await listen(session, 0.2)
    assert (await recorder.store("WEBVTT", 5)).file == str(tmp_path / "7" / "AJ_1.ogg")


async def test_local_recorder_does_not_start_without_audio(tmp_path: Path) -> None:
    session = audio_session()
    session.output.audio = None
    with pytest.raises(RecordingError, match="no audio"):
        await recorder_for(tmp_path, session).start()
    assert os.listdir(tmp_path) == []


async def test_local_recorder_wait_until_stopped_returns_when_the_encoder_exits(
    tmp_path: Path,
) -> None:
    session = audio_session()
    recorder = recorder_for(tmp_path, session)
    await recorder.start()
    stopped = asyncio.create_task(recorder.wait_until_stopped())
    await listen(session, 0.3)
    assert not stopped.done()
    assert await recorder.stop() == ""
    # wait_until_stopped reports that the encoder has exited, although `stop` was not called.
    assert "could not be written" in await asyncio.wait_for(stopped, 30)
