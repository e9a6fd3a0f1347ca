"""Where a greeting's recording is: the same names in the folder and in the bucket."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

SOUND = ".ogg"
CAPTIONS = ".vtt"
_LONGEST = 200
"""Of a folder's name: file systems take 255 bytes."""


def folder_of(session_id: str) -> str:
    """A session's folder: its id, or where that is no name for one, something made from it."""
    name = quote(session_id, safe="") or "_"
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) > _LONGEST:
        return hashlib.sha256(session_id.encode()).hexdigest()
    return name


def name_of(session_id: str, greeting_id: str, ending: str) -> str:
    """`<session>/<greeting>.ogg`, below RECORDINGS_DIR, or below RECORDING_S3_PREFIX."""
    return f"{folder_of(session_id)}/{quote(greeting_id, safe='')}{ending}"
