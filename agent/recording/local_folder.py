"""RECORDINGS_DIR: the worker records to it, and recordings stay there if there is no bucket."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

from agent.core.errors import RecordingError
from agent.recording.bucket import Bucket
from agent.recording.object_keys import AUDIO_SUFFIX, CAPTIONS_SUFFIX, session_folder

_DISK_TIMEOUT_S = 5.0
_MIN_FREE_BYTES = 64 * 1024 * 1024
"""Free space to leave for the store, which may be on the same disk, and for other greetings."""

T = TypeVar("T")


class LocalFolder:
    """Holds one folder for each session. All methods raise RecordingError if the disk fails."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def prepare(self, name: str) -> Path:
        """Return the path for a new file; create its folder and check that it is writable."""
        path = self.root / name

        def prepare() -> Path:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch()
            path.unlink()
            return path

        return await _on_disk(prepare, "RECORDINGS_DIR cannot be written to")

    async def has_space(self) -> bool:
        """Return True if there is enough space for a recording and for other uses of the disk."""
        free = await _on_disk(
            lambda: shutil.disk_usage(self.root).free, "RECORDINGS_DIR cannot be read"
        )
        return free > _MIN_FREE_BYTES

    async def write(self, path: Path, text: str) -> None:
        await _on_disk(
            lambda: path.write_text(text, encoding="utf-8"), "captions cannot be written"
        )

    async def read(self, path: Path) -> bytes:
        return await _on_disk(path.read_bytes, "the recording cannot be read")

    async def move_to(
        self, bucket: Bucket, path: Path, timeout_s: float, captions: bytes = b""
    ) -> str:
        """Move a recording and its captions to the bucket; return its key there.

        Args:
            captions: empty to read them from the disk.
        """
        name = f"{path.parent.name}/{path.stem}"
        written = path.with_suffix(CAPTIONS_SUFFIX)
        if not captions and await self.size(written):  # a job that was killed has written none
            captions = await self.read(written)
        if captions:
            await bucket.put(name + CAPTIONS_SUFFIX, captions, timeout_s)
        key = await bucket.put(name + AUDIO_SUFFIX, await self.read(path), timeout_s)
        await self.delete(path)
        return key

    async def size(self, path: Path) -> int:
        """Return the size in bytes; 0 if the file does not exist."""
        return await _on_disk(
            lambda: path.stat().st_size if path.exists() else 0, "the recording cannot be read"
        )

    async def delete(self, path: Path) -> None:
        """Delete a recording and its captions, and the session's folder if it is then empty."""

        def delete() -> None:
            for suffix in (AUDIO_SUFFIX, CAPTIONS_SUFFIX):
                path.with_suffix(suffix).unlink(missing_ok=True)
            if path.parent.is_dir() and not any(path.parent.iterdir()):
                path.parent.rmdir()

        await _on_disk(delete, "the recording cannot be deleted")

    async def delete_session(self, session_id: str) -> int:
        """Delete all files of a session; return their number."""
        folder = self.root / session_folder(session_id)

        def delete() -> int:
            count = sum(1 for _ in folder.glob("*")) if folder.is_dir() else 0
            if count:
                shutil.rmtree(folder)
            return count

        return await _on_disk(delete, "recordings cannot be deleted")

    async def older_than(self, age_s: float) -> list[tuple[str, Path]]:
        """Return session id and path of all recordings last changed more than `age_s` ago."""

        def find() -> list[tuple[str, Path]]:
            before = time.time() - age_s
            return [
                (unquote(path.parent.name), path)
                for path in sorted(self.root.glob(f"*/*{AUDIO_SUFFIX}"))
                if path.stat().st_mtime < before
            ]

        return await _on_disk(find, "RECORDINGS_DIR cannot be read")


async def _on_disk(work: Callable[[], T], problem: str) -> T:
    try:
        async with asyncio.timeout(_DISK_TIMEOUT_S):
            return await asyncio.to_thread(work)
    except TimeoutError:
        raise RecordingError(f"{problem}: the disk did not answer in time") from None
    except OSError as e:
        raise RecordingError(f"{problem}: {e.strerror or type(e).__name__}") from e
