"""Settings of recordings; see `docs/recording.md`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator

from agent.core.settings.base import Settings
from agent.core.settings.field_types import Folder, HttpUrlOrEmpty, SecretKey

_PREFIX = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*/)*")


def _prefix(value: str) -> str:
    """Add a slash at the end: the prefix is a folder, not the start of a file name."""
    value = f"{value.strip('/')}/" if value.strip("/") else ""
    if not _PREFIX.fullmatch(value):
        raise ValueError("must be folder names of letters, digits and . _ -, like recordings/")
    return value


class RecordingSettings(Settings):
    """Whether greetings are recorded, and the bucket and folder for the files."""

    recording: Literal["off", "egress", "worker"] = "off"
    """What records trainees who consented: nothing, LiveKit's egress, or the worker."""
    recordings_dir: Folder = Path(".recordings")
    """The worker's recordings until they are uploaded; permanently if there is no bucket."""
    recording_s3_bucket: str = ""
    """S3-compatible bucket; empty to keep the worker's recordings in `recordings_dir`."""
    recording_s3_prefix: Annotated[str, AfterValidator(_prefix)] = "recordings/"
    recording_s3_region: str = "us-east-1"
    recording_s3_endpoint: HttpUrlOrEmpty = ""
    """Path-style endpoint of an S3-compatible store; empty for Amazon S3."""
    recording_s3_access_key: SecretKey | None = None
    recording_s3_secret: SecretKey | None = None

    @classmethod
    def _incomplete(cls, values: Mapping[str, str]) -> Iterator[str]:
        yield from super()._incomplete(values)
        bucket = ("RECORDING_S3_BUCKET", "RECORDING_S3_ACCESS_KEY", "RECORDING_S3_SECRET")
        missing = [name for name in bucket if name not in values]
        if values.get("RECORDING") == "egress" and missing:
            yield f"RECORDING=egress needs a bucket: set {', '.join(missing)}"
        elif bucket[0] in values and missing:
            yield f"RECORDING_S3_BUCKET needs credentials: set {', '.join(missing)}"
