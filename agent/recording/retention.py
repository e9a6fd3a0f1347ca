"""Move recordings that jobs left on this worker's disk to the bucket, and delete old recordings.

The worker's main process runs it, not the jobs.
"""

from __future__ import annotations

import asyncio

from agent.core.errors import RecordingError, StoreError
from agent.core.log import logger
from agent.core.settings import WorkerSettings
from agent.core.tasks import BackgroundTask
from agent.recording.bucket import Bucket
from agent.recording.local_folder import LocalFolder
from agent.store import Store
from agent.telemetry.shared_metrics import DELETION_ERRORS, DELETION_TIME

_EVERY_S = 3600.0
_DAY_S = 86_400.0
_FINISHED_S = 600.0
"""A recording that has not changed for this long is complete."""
_PUT_TIMEOUT_S = 60.0
_BUCKET_CLAIM = "recordings-retention"


class Retention(BackgroundTask):
    """Runs as an async context manager, also with RECORDING=off: there may be old recordings."""

    task_name = "recordings_retention"

    def __init__(self, settings: WorkerSettings, store: Store) -> None:
        self._folder = LocalFolder(settings.recordings_dir)
        self._bucket = Bucket.from_settings(settings)
        self._store = store
        self._age_s = settings.retention_days * _DAY_S

    async def run(self) -> None:
        """Make a round every hour until cancelled."""
        while True:
            try:
                await self.run_once()
                DELETION_TIME.labels("recordings").set_to_current_time()
            except (RecordingError, StoreError) as e:
                DELETION_ERRORS.labels("recordings").inc()
                logger.error(
                    "old recordings could not be moved or deleted; trying again in an hour; see "
                    "the error for what to check",
                    extra={"event": "recordings_retention_failed", "error": str(e)},
                )
            await asyncio.sleep(_EVERY_S)

    async def run_once(self) -> None:
        """Make one round.

        Raises:
            RecordingError: the disk or the bucket fails.
            StoreError: the store cannot be read.
        """
        deleted = 0
        for _, path in await self._folder.older_than(self._age_s):
            await self._folder.delete(path)
            deleted += 1
        failures: list[RecordingError] = []
        if self._bucket is not None:
            failures = await self._move_to_bucket(self._bucket)
            # One worker at a time lists the whole bucket.
            if await self._store.claim(_BUCKET_CLAIM, _EVERY_S / 2):
                deleted += await self._bucket.delete_older(self._age_s)
        if deleted:
            logger.info(
                "recordings older than RETENTION_DAYS were deleted",
                extra={"event": "recordings_deleted", "recordings": deleted},
            )
        if failures:
            raise failures[0]

    async def _move_to_bucket(self, bucket: Bucket) -> list[RecordingError]:
        """Move the files of jobs that were killed, or that the bucket refused.

        Returns the errors: a file that fails stays on the disk, and does not delay the others.
        """
        failures: list[RecordingError] = []
        for session_id, path in await self._folder.older_than(_FINISHED_S):
            if not await self._store.outcomes(session_id):
                # The session was forgotten, perhaps on another machine. Its file stays on this
                # disk until it is older than RETENTION_DAYS.
                continue
            try:
                await self._folder.move_to(bucket, path, _PUT_TIMEOUT_S)
            except RecordingError as e:
                failures.append(e)
                continue
            logger.info(
                "a recording was moved to the bucket",
                extra={"event": "recording_moved", "session_id": session_id},
            )
        return failures
