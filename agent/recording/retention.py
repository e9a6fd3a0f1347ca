"""Retention: what was left behind on this worker's disk is brought to the bucket, and what has
grown too old is deleted, here and there. It runs in the worker's main process, never in a job."""

from __future__ import annotations

import asyncio
import contextlib

from agent.core.background_task import BackgroundTask
from agent.core.errors import RecordingError, StoreError
from agent.core.log import logger
from agent.core.settings import WorkerSettings
from agent.recording.bucket import Bucket
from agent.recording.local_folder import Shelf
from agent.recording.object_keys import CAPTIONS, SOUND, folder_of
from agent.store import Store

_EVERY_S = 3600.0
_DAY_S = 86_400.0
_FINISHED_S = 600.0
"""Nobody writes to a recording any more that has not changed for so long."""
_PUT_S = 60.0
_BUCKET_TURN = "recordings-retention"


class Retention(BackgroundTask):
    """Used as an async context manager it runs beside the body; with RECORDING=off it does nothing,
    but for what is left on the disk or in the bucket from before."""

    task_name = "recordings_retention"

    def __init__(
        self, settings: WorkerSettings, store: Store, *, finished_s: float = _FINISHED_S
    ) -> None:
        self._shelf = Shelf(settings.recordings_dir)
        self._bucket = Bucket.of(settings)
        self._store = store
        self._age_s = settings.retention_days * _DAY_S
        self._finished_s = finished_s

    async def run(self) -> None:
        """Make rounds until cancelled."""
        while True:
            try:
                await self.tidy()
            except (RecordingError, StoreError) as e:
                logger.error("recordings are not tidied up, tried again in an hour: %s", e)
            await asyncio.sleep(_EVERY_S)

    async def tidy(self) -> None:
        """One round.

        Raises:
            RecordingError: the disk or the bucket refuses.
            StoreError: nobody can say whose recordings these are.
        """
        forgotten = 0
        for _, path in await self._shelf.older_than(self._age_s):
            await self._shelf.discard(path)
            forgotten += 1
        if self._bucket is not None:
            await self._bring_what_was_left(self._bucket)
            # One worker an hour is enough to look through a bucket.
            if await self._store.claim(_BUCKET_TURN, _EVERY_S / 2):
                forgotten += await self._bucket.forget_older(self._age_s)
        if forgotten:
            logger.info(
                "recordings older than RETENTION_DAYS were deleted", extra={"recordings": forgotten}
            )

    async def _bring_what_was_left(self, bucket: Bucket) -> None:
        """Of jobs that were killed, and of an hour in which the bucket refused."""
        for session_id, path in await self._shelf.older_than(self._finished_s):
            if not await self._store.outcomes(session_id):
                # It was forgotten, perhaps from another machine; it goes by its age.
                continue
            folder = folder_of(session_id)
            captions = path.with_suffix(CAPTIONS)
            with contextlib.suppress(RecordingError):
                data = await self._shelf.read(captions)
                await bucket.put(f"{folder}/{path.stem}{CAPTIONS}", data, _PUT_S)
            sound = await self._shelf.read(path)
            await bucket.put(f"{folder}/{path.stem}{SOUND}", sound, _PUT_S)
            await self._shelf.discard(path)
            logger.info("a recording was brought to the bucket", extra={"session_id": session_id})
