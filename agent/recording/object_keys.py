"""The names of recordings; they are the same in RECORDINGS_DIR and in the bucket."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

AUDIO_SUFFIX = ".ogg"
CAPTIONS_SUFFIX = ".vtt"
_FOLDER_MAX = 200
"""File systems allow 255 bytes."""


def session_folder(session_id: str) -> str:
    """Return the name of a session's folder: its id with special characters escaped.

    If that is too long for a file system, it is the SHA-256 of the id.
    """
    name = quote(session_id, safe="") or "_"
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) > _FOLDER_MAX:
        return hashlib.sha256(session_id.encode()).hexdigest()
    return name


def recording_name(session_id: str, greeting_id: str) -> str:
    """Return `<session>/<greeting>`, relative to RECORDINGS_DIR or RECORDING_S3_PREFIX."""
    return f"{session_folder(session_id)}/{quote(greeting_id, safe='')}"
