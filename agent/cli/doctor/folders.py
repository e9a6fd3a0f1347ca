"""Folders: find out whether one can be written or created, without creating anything."""

from __future__ import annotations

import os
from pathlib import Path


def why_unwritable(folder: Path) -> str:
    """Say what prevents writing to `folder`: itself or its closest existing parent.

    Returns:
        Empty if the folder can be written or created.
    """
    absolute = folder.absolute()
    existing = next(path for path in (absolute, *absolute.parents) if path.exists())
    if not existing.is_dir():
        return f"{existing} is not a folder"
    writable = os.access(existing, os.W_OK | os.X_OK)
    return "" if writable else f"this user may not write to {existing}"
