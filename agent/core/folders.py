"""Folders: find out whether one can be written or created, without creating anything."""

from __future__ import annotations

import os
from pathlib import Path


def exists(path: Path) -> bool:
    """Return whether a path exists and this user can see it.

    `Path.exists` raises PermissionError below a folder of another user.
    """
    return os.path.exists(path)


def closest_existing(path: Path) -> Path:
    """Return the path itself, or its closest parent that exists and that this user can see."""
    absolute = path.absolute()
    return next(p for p in (absolute, *absolute.parents) if exists(p))


def why_unwritable(folder: Path) -> str:
    """Say what prevents writing to `folder`: itself or its closest existing parent.

    Returns:
        Empty if the folder can be written or created.
    """
    existing = closest_existing(folder)
    if not existing.is_dir():
        return f"{existing} is not a folder"
    if os.access(existing, os.W_OK | os.X_OK):
        return ""
    owner = f", which belongs to uid {existing.stat().st_uid}" if os.name != "nt" else ""
    user = f"this user (uid {os.geteuid()})" if os.name != "nt" else "this user"
    return f"{user} may not write to {existing}{owner}"
