"""A user who may not read or write what the tests created."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

NOBODY = 65534


@contextlib.contextmanager
def visible_folder() -> Iterator[Path]:
    """Create a folder that other users can enter; they cannot enter pytest's `tmp_path`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@contextlib.contextmanager
def of_another_user(folder: Path) -> Iterator[None]:
    """Take all permissions for a folder away until the block ends.

    root may do everything, so a process of root becomes another user meanwhile.
    """
    is_root = os.geteuid() == 0
    folder.chmod(0o000)
    try:
        if is_root:
            os.setresuid(NOBODY, NOBODY, 0)
        yield
    finally:
        if is_root:
            os.setresuid(0, 0, 0)
        folder.chmod(0o700)
