"""The worker's own recording: that the locked recorder still does what the tape relies on."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import av
import pytest

from agent.core.errors import RecordingError
from agent.core.settings import RecordingSettings
from agent.recording.bucket import Bucket
from agent.recording.local_folder import Shelf
from agent.recording.local_recorder import Tape
from tests.fakes.s3 import s3_bucket
from tests.fakes.small_disk import small_disk
from tests.fakes.tape_session import listen, tape_session

ROOT = Path(__file__).parents[2]


def tape(root: Path, session: object, bucket: Bucket | None = None) -> Tape:
    return Tape(session, Shelf(root), bucket, session_id="7", greeting_id="AJ_1")  # type: ignore[arg-type]


async def test_what_is_recorded_is_an_ogg_in_the_sessions_folder(tmp_path: Path) -> None:
    session = tape_session()
    one = tape(tmp_path, session)
    await one.begin()
    await listen(session, 1.0)
    await one.end()
    assert await one.keep("WEBVTT\n", 5) == (str(tmp_path / "7" / "AJ_1.ogg"), None, "")
    with av.open(str(tmp_path / "7" / "AJ_1.ogg")) as file:
        length_s = sum(packet.duration * packet.time_base for packet in file.demux() if packet.size)
    assert 0.8 < length_s < 2
    assert (tmp_path / "7" / "AJ_1.vtt").read_text() == "WEBVTT\n"
    await one.discard()
    assert os.listdir(tmp_path) == []


async def test_in_the_bucket_it_is_no_longer_on_the_disk(tmp_path: Path) -> None:
    async with s3_bucket() as s3:
        session = tape_session()
        bucket = Bucket.of(RecordingSettings.from_env(s3.settings))
        one = tape(tmp_path, session, bucket)
        await one.begin()
        await listen(session, 0.5)
        await one.end()
        assert await one.keep("WEBVTT\n", 5) == (None, "recordings/7/AJ_1.ogg", "")
        assert s3.objects["recordings/7/AJ_1.ogg"].startswith(b"OggS")
        assert s3.objects["recordings/7/AJ_1.vtt"] == b"WEBVTT\n"
        assert s3.types["recordings/7/AJ_1.ogg"] == "audio/ogg"
    assert os.listdir(tmp_path) == []


async def test_a_folder_that_cannot_be_is_refused_before_anything_is_recorded(
    tmp_path: Path,
) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(RecordingError, match="RECORDINGS_DIR cannot be written to: "):
        await tape(tmp_path / "taken", tape_session()).begin()


async def test_a_disk_without_a_byte_left_leaves_nothing_and_is_said(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as disk:
        session = tape_session()
        one = tape(disk, session)
        await one.begin()
        with (disk / "of-others").open("wb") as file, pytest.raises(OSError, match="No space"):
            file.write(bytes(81 << 20))
        assert "almost full" in await asyncio.wait_for(one.broken(), 5)
        await listen(session, 0.5)
        assert "could not be written" in await one.end()
        with pytest.raises(RecordingError, match="nothing was recorded"):
            await one.keep("WEBVTT", 5)
        with pytest.raises(RecordingError, match="almost full"):
            await tape(disk, tape_session()).begin()


FULL = """
    import asyncio, resource, sys, logging
    from pathlib import Path
    from tests.fakes.tape_session import listen, tape_session
    from tests.unit.test_recording_tape import tape

    async def main() -> None:
        session = tape_session()
        one = tape(Path(sys.argv[1]), session)
        await one.begin()
        await listen(session, 4)
        print(await one.end())
        await listen(session, 0.2)
        print(await one.keep("WEBVTT", 5))

    logging.disable()
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    asyncio.run(main())
"""


def test_a_file_that_may_not_grow_is_told_from_a_whole_one_and_the_sound_goes_on(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL), str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    broke, kept = done.stdout.splitlines() or [done.stderr, ""]
    assert broke == "the recording's file could not be written, or not to its end; the log says why"
    assert kept.endswith("AJ_1.ogg', None, '')")


async def test_a_session_without_sound_is_not_recorded(tmp_path: Path) -> None:
    session = tape_session()
    session.output.audio = None
    with pytest.raises(RecordingError, match="no sound"):
        await tape(tmp_path, session).begin()
    assert os.listdir(tmp_path) == []


async def test_one_nobody_ended_goes_on(tmp_path: Path) -> None:
    session = tape_session()
    one = tape(tmp_path, session)
    await one.begin()
    broken = asyncio.create_task(one.broken())
    await listen(session, 0.3)
    assert not broken.done()
    assert await one.end() == ""
    # A file that is finished is the sign, whoever has finished it.
    assert "could not be written" in await asyncio.wait_for(broken, 3)
