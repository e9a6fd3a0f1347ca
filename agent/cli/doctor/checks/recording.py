"""Recording: whether recordings can be stored in the bucket and the folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.result import CheckResult, failed, ok, reports, skipped
from agent.core.errors import RecordingError
from agent.core.folders import why_unwritable
from agent.core.settings import RecordingSettings
from agent.recording.bucket import Bucket

_BUCKET, _FOLDER = "recording.bucket", "recording.folder"
_NEEDED = ("RECORDING", "RECORDINGS_DIR")
_BUCKET_NEEDS = sorted(RecordingSettings.names() - {*_NEEDED})


@reports("recording.kept", needs=_NEEDED)
async def check(config: Configuration) -> AsyncIterator[CheckResult]:
    """Check bucket and folder; no result if RECORDING is off.

    Only a recording shows whether LiveKit has a free egress.
    """
    settings = config.worker
    if settings.recording == "off":
        return
    if settings.recording == "worker":
        yield _folder(settings.recordings_dir)
    if unusable := config.lacks(*_BUCKET_NEEDS):
        yield skipped(_BUCKET, unusable)
    elif (bucket := Bucket.from_settings(settings)) is not None:
        yield await _bucket(bucket, settings.recording_s3_bucket)


async def _bucket(bucket: Bucket, name: str) -> CheckResult:
    try:
        await bucket.check_writable()
    except RecordingError as e:
        what, _, fix = str(e).partition("; ")
        return failed(_BUCKET, what, fix)
    return ok(_BUCKET, f"the bucket {name} can be listed")


def _folder(folder: Path) -> CheckResult:
    why = why_unwritable(folder)
    if not why:
        return ok(_FOLDER, f"RECORDINGS_DIR ({folder}) can be written")
    return failed(
        _FOLDER,
        f"RECORDINGS_DIR ({folder}) cannot be written: {why}",
        "set RECORDINGS_DIR to a folder that the worker may write, on a disk with free space",
    )
