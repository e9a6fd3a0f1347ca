"""Folders: find out whether one can be written or created, without creating anything."""

from __future__ import annotations

import os
from pathlib import Path


def unwritable_path(folder: Path) -> Path | None:
    """Return the path that prevents writing to `folder`: itself or its closest existing parent.

    Returns:
        None if the folder can be written or created.
    """
    absolute = folder.absolute()
    existing = next(path for path in (absolute, *absolute.parents) if path.exists())
    writable = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    return None if writable else existing
