"""`doctor` checks the bucket and the folder for recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli.doctor.checks import recording
from agent.cli.doctor.configuration import read_configuration
from tests.fakes.s3 import s3_bucket
from tests.support.doctor_report import as_lines
from tests.support.environments import WORKER


async def found(environ: dict[str, str]) -> list[str]:
    config = read_configuration({**WORKER, **environ}, parts=frozenset({"worker"}))
    return as_lines(await recording.check(config))


async def test_recording_check_has_no_result_if_recording_is_off() -> None:
    assert await found({}) == []


async def test_recording_check_accepts_a_bucket_that_can_be_listed() -> None:
    async with s3_bucket() as s3:
        [line] = await found({"RECORDING": "egress", **s3.settings})
    assert line.startswith("ok recording.bucket the bucket ")


@pytest.mark.parametrize(
    ("changed", "fix"),
    [
        ({"RECORDING_S3_ACCESS_KEY": "another"}, "check RECORDING_S3_ACCESS_KEY"),
        ({"RECORDING_S3_BUCKET": "no-such"}, "check RECORDING_S3_BUCKET"),
        ({"RECORDING_S3_ENDPOINT": "http://127.0.0.1:9"}, "check RECORDING_S3_ENDPOINT"),
    ],
)
async def test_recording_check_names_the_setting_of_a_failing_bucket(
    changed: dict[str, str], fix: str
) -> None:
    async with s3_bucket() as s3:
        [line] = await found({"RECORDING": "egress", **s3.settings, **changed})
    assert line.startswith("failed recording.bucket recordings cannot be listed: the bucket")
    assert f" → {fix}" in line


async def test_recording_check_fails_if_the_folder_cannot_be_written(tmp_path: Path) -> None:
    [result] = await found({"RECORDING": "worker", "RECORDINGS_DIR": str(tmp_path / "new")})
    assert result.startswith("ok recording.folder RECORDINGS_DIR (")
    (tmp_path / "file").touch()
    [line] = await found({"RECORDING": "worker", "RECORDINGS_DIR": str(tmp_path / "file" / "x")})
    assert line.startswith("failed recording.folder ")
    assert "→ set RECORDINGS_DIR" in line


@pytest.mark.parametrize(
    "wrong", [{"RECORDING_S3_PREFIX": "../x"}, {"RECORDING_S3_BUCKET": "without-credentials"}]
)
async def test_recording_check_of_the_folder_does_not_need_the_bucket(
    wrong: dict[str, str], tmp_path: Path
) -> None:
    folder, bucket = await found({"RECORDING": "worker", "RECORDINGS_DIR": str(tmp_path), **wrong})
    assert folder.startswith("ok recording.folder ")
    assert bucket.startswith("skipped recording.bucket ")
    assert next(iter(wrong)) in bucket


async def test_recording_check_is_skipped_if_recording_is_invalid() -> None:
    [line] = await found({"RECORDING": "on"})
    assert line.startswith("skipped recording.kept RECORDING is not usable: see above")
