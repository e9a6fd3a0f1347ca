"""Where recordings are made and kept, if at all: `docs/recording.md`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, SecretStr

from agent.core.settings.base import Settings
from agent.core.settings.kinds import HttpUrlOrEmpty

_PREFIX = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*/)*")


def _prefix(value: str) -> str:
    """Ends with a slash: what it names is a folder, and never a part of another's name."""
    value = f"{value.strip('/')}/" if value.strip("/") else ""
    if not _PREFIX.fullmatch(value):
        raise ValueError("must be folders of letters, digits and . _ -, like recordings/")
    return value


class RecordingSettings(Settings):
    """Who records, and the bucket and folder of what is recorded."""

    recording: Literal["off", "egress", "worker"] = "off"
    """Who records a trainee that has consented: nobody, LiveKit's egress, or the worker."""
    recordings_dir: Path = Path(".recordings")
    """The worker's own recordings, until they are in the bucket; for good, where there is none."""
    recording_s3_bucket: str = ""
    """S3-compatible; empty: what the worker records stays in `recordings_dir`."""
    recording_s3_prefix: Annotated[str, AfterValidator(_prefix)] = "recordings/"
    recording_s3_region: str = "us-east-1"
    recording_s3_endpoint: HttpUrlOrEmpty = ""
    """Of a store that is not Amazon's, path-style; empty: Amazon's own."""
    recording_s3_access_key: SecretStr | None = None
    recording_s3_secret: SecretStr | None = None

    @classmethod
    def _lacking(cls, given: Mapping[str, str]) -> str:
        lines = [super()._lacking(given)]
        bucket = ("RECORDING_S3_BUCKET", "RECORDING_S3_ACCESS_KEY", "RECORDING_S3_SECRET")
        missing = [name for name in bucket if name not in given]
        if given.get("RECORDING") == "egress" and missing:
            lines.append(f"RECORDING=egress writes to a bucket: set {', '.join(missing)}")
        elif bucket[0] in given and missing:
            lines.append(f"RECORDING_S3_BUCKET is of no use without {', '.join(missing)}")
        return "\n".join(filter(None, lines))
