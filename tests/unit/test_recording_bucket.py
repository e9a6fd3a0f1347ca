"""The bucket, its errors, object names, and retention."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.__main__ import main
from agent.core.errors import ConfigError, RecordingError
from agent.core.settings import RecordingSettings, WorkerSettings
from agent.recording.bucket import Bucket
from agent.recording.local_folder import LocalFolder
from agent.recording.object_keys import recording_name, session_folder
from agent.recording.retention import Retention
from agent.store import SqliteStore
from tests.fakes.s3 import S3, s3_bucket
from tests.support.environments import WORKER

DAY = 86_400.0


@pytest.fixture
async def s3() -> AsyncIterator[S3]:
    async with s3_bucket() as one:
        yield one


def bucket_of(s3: S3, **changed: str) -> Bucket:
    bucket = Bucket.from_settings(RecordingSettings.from_env({**s3.settings, **changed}))
    assert bucket is not None
    return bucket


async def test_bucket_delete_session_deletes_only_the_sessions_objects(s3: S3) -> None:
    bucket = bucket_of(s3)
    for name in ("12/a.ogg", "12/a.vtt", "123/a.ogg", "1/a.ogg"):
        await bucket.put(name, b"sound", 5)
    s3.put("elsewhere/12/a.ogg")
    assert await bucket.delete_session("12") == 2
    assert set(s3.objects) == {
        "recordings/123/a.ogg",
        "recordings/1/a.ogg",
        "elsewhere/12/a.ogg",
    }
    assert await bucket.delete_session("12") == 0


async def test_bucket_delete_older_stays_below_the_prefix(s3: S3) -> None:
    s3.put("recordings/1/a.ogg", age_s=31 * DAY)
    s3.put("recordings/2/a.ogg", age_s=29 * DAY)
    s3.put("recordings-of-others/1/a.ogg", age_s=31 * DAY)
    assert await bucket_of(s3).delete_older(30 * DAY) == 1
    assert set(s3.objects) == {"recordings/2/a.ogg", "recordings-of-others/1/a.ogg"}


@pytest.mark.parametrize(
    ("changed", "status", "advice"),
    [
        ({}, 403, "check RECORDING_S3_ACCESS_KEY, RECORDING_S3_SECRET"),
        ({"RECORDING_S3_ACCESS_KEY": "another"}, 0, "RECORDING_S3_ACCESS_KEY"),
        ({"RECORDING_S3_BUCKET": "no-such"}, 0, "does not exist; check RECORDING_S3_BUCKET"),
        ({"RECORDING_S3_ENDPOINT": "http://127.0.0.1:9"}, 0, "check RECORDING_S3_ENDPOINT"),
    ],
)
async def test_bucket_errors_have_advice_and_no_secret(
    s3: S3, changed: dict[str, str], status: int, advice: str
) -> None:
    s3.status = status
    bucket = bucket_of(s3, **changed)
    for asking in (bucket.put("1/a.ogg", b"x", 5), bucket.delete_session("1")):
        with pytest.raises(RecordingError) as refused:
            await asking
        assert advice in str(refused.value)
        assert "secret" not in str(refused.value).replace("RECORDING_S3_SECRET", "").lower()


async def test_bucket_put_times_out(s3: S3) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        bucket = bucket_of(s3, RECORDING_S3_ENDPOINT=f"http://{host}:{port}")
        async with asyncio.timeout(30):
            with pytest.raises(RecordingError):
                await bucket.put("1/a.ogg", b"x", 0.5)


@pytest.mark.parametrize(
    ("session_id", "folder"),
    [("123", "123"), ("a.b_c-D", "a.b_c-D"), ("..", "%2E."), ("a/../b", "a%2F..%2Fb"), ("", "_")],
)
def test_session_folder_escapes_the_session_id(session_id: str, folder: str) -> None:
    assert session_folder(session_id) == folder
    assert recording_name(session_id, "AJ_1") == f"{folder}/AJ_1"


def test_session_folder_hashes_a_long_session_id() -> None:
    assert len(session_folder("ü" * 128)) == 64


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"RECORDING": "on"}, "RECORDING"),
        ({"RECORDING": "egress"}, "RECORDING=egress needs a bucket: set RECORDING_S3_BUCKET"),
        ({"RECORDING_S3_BUCKET": "b"}, "RECORDING_S3_ACCESS_KEY, RECORDING_S3_SECRET"),
        ({"RECORDING_S3_PREFIX": "../x"}, "RECORDING_S3_PREFIX"),
        ({"RECORDING_S3_ENDPOINT": "minio:9000"}, "RECORDING_S3_ENDPOINT"),
    ],
)
def test_recording_settings_are_checked(environ: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        WorkerSettings.from_env({**WORKER, **environ})


def settings_of(s3: S3, folder: Path) -> WorkerSettings:
    """Settings with recordings in a folder, and a bucket."""
    environ = {**WORKER, **s3.settings, "RECORDINGS_DIR": str(folder / "recordings")}
    return WorkerSettings.from_env(environ)


def leave(path: Path, age_s: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"sound")
    os.utime(path, (path.stat().st_mtime - age_s,) * 2)
    return path


async def test_retention_moves_leftover_recordings_and_deletes_old_ones(
    s3: S3, tmp_path: Path
) -> None:
    store = SqliteStore(tmp_path / "store.sqlite3")
    for session_id in ("killed", "running"):
        await store.open_outcome(session_id, session_id, "{}", 60)
    left = tmp_path / "recordings"
    leave(left / "killed/a.ogg", 3600)
    leave(left / "killed/a.vtt", 3600)
    leave(left / "old/a.ogg", 31 * DAY)
    running, forgotten = leave(left / "running/a.ogg", 2), leave(left / "forgotten/a.ogg", 3600)
    s3.put("recordings/older/a.ogg", age_s=40 * DAY)
    settings = settings_of(s3, tmp_path)
    await Retention(settings, store).run_once()
    assert set(s3.objects) == {"recordings/killed/a.ogg", "recordings/killed/a.vtt"}
    assert sorted((tmp_path / "recordings").glob("*/*")) == sorted([forgotten, running])
    s3.put("recordings/older/a.ogg", age_s=40 * DAY)
    await Retention(settings, store).run_once()  # another worker, in the same hour
    assert "recordings/older/a.ogg" in s3.objects
    await store.aclose()


async def test_retention_goes_on_if_the_bucket_refuses_one_recording(
    s3: S3, tmp_path: Path
) -> None:
    store = SqliteStore(tmp_path / "store.sqlite3")
    for session_id in ("1", "2"):
        await store.open_outcome(session_id, session_id, "{}", 60)
        leave(tmp_path / "recordings" / session_id / "a.ogg", 3600)
        leave(tmp_path / "recordings" / session_id / "a.vtt", 3600)
    s3.put("recordings/older/a.ogg", age_s=40 * DAY)
    s3.refuses = "1/a.vtt"
    settings = settings_of(s3, tmp_path)
    with pytest.raises(RecordingError):
        await Retention(settings, store).run_once()
    assert set(s3.objects) == {"recordings/2/a.ogg", "recordings/2/a.vtt"}
    assert {path.name for path in (tmp_path / "recordings").glob("1/*")} == {"a.ogg", "a.vtt"}
    await store.aclose()


async def test_retention_keeps_captions_that_the_bucket_refuses(s3: S3, tmp_path: Path) -> None:
    folder = LocalFolder(tmp_path)
    path = await folder.prepare("7/a.ogg")
    path.write_bytes(b"sound")
    await folder.write(path.with_suffix(".vtt"), "WEBVTT")
    s3.refuses = ".vtt"
    with pytest.raises(RecordingError):
        await folder.move_to(bucket_of(s3), path, 30)
    assert path.with_suffix(".vtt").exists()
    s3.refuses = "-"
    assert await folder.move_to(bucket_of(s3), path, 30) == "recordings/7/a.ogg"
    assert set(s3.objects) == {"recordings/7/a.ogg", "recordings/7/a.vtt"}


async def test_forget_deletes_recordings_from_disk_and_bucket(
    s3: S3,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "recordings" / "7"
    folder.mkdir(parents=True)
    (folder / "a.ogg").write_bytes(b"sound")
    for key in ("7/b.ogg", "7/b.vtt", "8/c.ogg"):
        s3.put(f"recordings/{key}")
    monkeypatch.chdir(tmp_path)  # there is no .env
    for name, value in s3.settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RECORDINGS_DIR", str(folder.parent))
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("LIVEKIT_TELEMETRY_ALLOW_PII", "0")

    await SqliteStore(tmp_path / "state" / "store.sqlite3").aclose()  # the worker has created it
    assert await asyncio.to_thread(main, ["forget", "7"]) == 0
    assert capsys.readouterr().out == (
        "session 7: 0 outcomes deleted, 3 files of recordings deleted. "
        f"Store: {tmp_path / 'state' / 'store.sqlite3'}\n"
    )
    assert (set(s3.objects), folder.exists()) == ({"recordings/8/c.ogg"}, False)

    s3.status = 403
    assert await asyncio.to_thread(main, ["forget", "8"]) == 1
    assert "RECORDING_S3_ACCESS_KEY" in capsys.readouterr().err
