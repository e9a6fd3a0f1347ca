"""Folder: can one be written, or made where it is not there yet; nothing is made to find out."""

from __future__ import annotations

import os
from pathlib import Path


def what_forbids(folder: Path) -> Path | None:
    """What keeps us from writing there: the folder, or the nearest above it; None: nothing does."""
    absolute = folder.absolute()
    there = next(path for path in (absolute, *absolute.parents) if path.exists())
    return None if there.is_dir() and os.access(there, os.W_OK | os.X_OK) else there
