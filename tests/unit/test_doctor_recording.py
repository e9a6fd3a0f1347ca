"""The doctor on recordings: can they be kept where the settings put them."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli.doctor import recording
from agent.cli.doctor.given import read_settings
from tests.fakes.s3 import s3_bucket
from tests.unit.test_settings import WORKER


async def found(environ: dict[str, str]) -> list[str]:
    given = read_settings({**WORKER, **environ}, parts=frozenset({"worker"}))
    return [f"{f.level} {f.check} {f.what} → {f.fix}" async for f in recording.check(given)]


async def test_nothing_is_said_where_nobody_records() -> None:
    assert await found({}) == []


async def test_a_bucket_that_lets_us_in_is_well() -> None:
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
async def test_a_bucket_that_does_not_fails_with_what_to_check(
    changed: dict[str, str], fix: str
) -> None:
    async with s3_bucket() as s3:
        [line] = await found({"RECORDING": "egress", **s3.settings, **changed})
    assert line.startswith("failed recording.bucket recordings cannot be listed: the bucket")
    assert f" → {fix}" in line


async def test_a_folder_that_cannot_be_written_fails(tmp_path: Path) -> None:
    [well] = await found({"RECORDING": "worker", "RECORDINGS_DIR": str(tmp_path / "new")})
    assert well.startswith("ok recording.folder RECORDINGS_DIR, ")
    (tmp_path / "file").touch()
    [line] = await found({"RECORDING": "worker", "RECORDINGS_DIR": str(tmp_path / "file" / "x")})
    assert line.startswith("failed recording.folder ")
    assert "→ set RECORDINGS_DIR" in line


async def test_settings_that_are_wrong_are_named_elsewhere() -> None:
    [line] = await found({"RECORDING": "worker", "RECORDING_S3_PREFIX": "../x"})
    assert line.startswith("skipped recording.kept RECORDING_S3_PREFIX is not usable: see above")
