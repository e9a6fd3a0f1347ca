"""The shelf: RECORDINGS_DIR, where the worker's recordings are made, and kept without a bucket."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

from agent.core.errors import RecordingError
from agent.recording.object_keys import CAPTIONS, SOUND, folder_of

_DISK_S = 5.0
"""A disk that does not answer for so long is as good as none."""
_SPARE_BYTES = 64 * 1024 * 1024
"""A disk with less than this is as good as full: the store may be on it, and other greetings."""

T = TypeVar("T")


class Shelf:
    """One folder a session. Every call raises RecordingError where the disk refuses."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def place(self, name: str) -> Path:
        """Where a new file goes; its folder is there afterwards, and can be written to."""
        path = self.root / name

        def prepare() -> Path:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch()
            path.unlink()
            return path

        return await _on_disk(prepare, "RECORDINGS_DIR cannot be written to")

    async def room_left(self) -> bool:
        """Whether there is room for a recording, and for what else is on that disk."""
        free = await _on_disk(
            lambda: shutil.disk_usage(self.root).free, "RECORDINGS_DIR cannot be read"
        )
        return free > _SPARE_BYTES

    async def write(self, path: Path, text: str) -> None:
        await _on_disk(lambda: path.write_text(text, encoding="utf-8"), "captions are not written")

    async def read(self, path: Path) -> bytes:
        return await _on_disk(path.read_bytes, "a recording cannot be read")

    async def size(self, path: Path) -> int:
        """In bytes; 0 where there is no such file."""
        return await _on_disk(
            lambda: path.stat().st_size if path.exists() else 0, "a recording cannot be read"
        )

    async def discard(self, path: Path) -> None:
        """Delete a recording and its captions, and the session's folder if that was all."""

        def discard() -> None:
            for ending in (SOUND, CAPTIONS):
                path.with_suffix(ending).unlink(missing_ok=True)
            if path.parent.is_dir() and not any(path.parent.iterdir()):
                path.parent.rmdir()

        await _on_disk(discard, "a recording is not deleted")

    async def forget(self, session_id: str) -> int:
        """Delete all of a session; how many files that were."""
        folder = self.root / folder_of(session_id)

        def forget() -> int:
            count = sum(1 for _ in folder.glob("*")) if folder.is_dir() else 0
            if count:
                shutil.rmtree(folder)
            return count

        return await _on_disk(forget, "recordings are not deleted")

    async def older_than(self, age_s: float) -> list[tuple[str, Path]]:
        """Session id and path of every recording whose last change is longer ago."""

        def find() -> list[tuple[str, Path]]:
            before = time.time() - age_s
            return [
                (unquote(path.parent.name), path)
                for path in sorted(self.root.glob(f"*/*{SOUND}"))
                if path.stat().st_mtime < before
            ]

        return await _on_disk(find, "RECORDINGS_DIR cannot be read")


async def _on_disk(work: Callable[[], T], what: str) -> T:
    try:
        async with asyncio.timeout(_DISK_S):
            return await asyncio.to_thread(work)
    except TimeoutError:
        raise RecordingError(f"{what}: the disk did not answer in time") from None
    except OSError as e:
        raise RecordingError(f"{what}: {e.strerror or type(e).__name__}") from e
