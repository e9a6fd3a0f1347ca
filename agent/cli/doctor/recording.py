"""Recording: can what is recorded be kept, where these settings put it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from agent.cli.doctor.finding import Finding, failed, ok, skipped
from agent.cli.doctor.folder import what_forbids
from agent.cli.doctor.given import Given
from agent.core.errors import RecordingError
from agent.core.settings import RecordingSettings
from agent.recording.bucket import Bucket

_NAMES = tuple(sorted(RecordingSettings.names()))
_BUCKET, _FOLDER = "recording.bucket", "recording.folder"


async def check(given: Given) -> AsyncIterator[Finding]:
    """Nothing is said where nobody records; whether an egress is free only a recording shows."""
    settings = given.worker
    if settings.recording == "off":
        return
    if lacking := given.lacks(*_NAMES):
        yield skipped("recording.kept", lacking)
        return
    if settings.recording == "worker":
        yield _folder(settings.recordings_dir)
    if (bucket := Bucket.of(settings)) is not None:
        yield await _bucket(bucket, settings.recording_s3_bucket)


async def _bucket(bucket: Bucket, name: str) -> Finding:
    try:
        await bucket.look()
    except RecordingError as e:
        what, _, fix = str(e).rpartition(": ")
        return failed(_BUCKET, what, fix)
    return ok(_BUCKET, f"the bucket {name} can be listed")


def _folder(folder: Path) -> Finding:
    there = what_forbids(folder)
    if there is None:
        return ok(_FOLDER, f"RECORDINGS_DIR, {folder}, can be written")
    return failed(
        _FOLDER,
        f"RECORDINGS_DIR, {folder}, cannot be written: {there} is no folder that is ours",
        "set RECORDINGS_DIR to a folder the worker may write, on a disk with room",
    )
