"""The bucket: the only module that knows the S3 client and its errors."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Self

import obstore
from obstore.exceptions import (
    BaseError,
    NotFoundError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from agent.core.errors import RecordingError
from agent.core.settings import RecordingSettings
from agent.recording.object_keys import folder_of

_CALL_S = 5.0
_AT_ONCE = 1000
"""As many as one DeleteObjects takes."""
_CONTENT_TYPES = {".ogg": "audio/ogg", ".vtt": "text/vtt; charset=utf-8"}
_STATUS = re.compile(r"status code: (\d{3})")
_REFUSED = "it refused: check RECORDING_S3_ACCESS_KEY and _SECRET, and that they may do this"
_NO_BUCKET = "there is no such bucket: check RECORDING_S3_BUCKET, _REGION and _ENDPOINT"
_AWAY = "it was not reached, or had an error: check RECORDING_S3_ENDPOINT and _REGION"


class Bucket:
    """S3-compatible storage, below RECORDING_S3_PREFIX. Every call raises RecordingError."""

    def __init__(self, settings: RecordingSettings) -> None:
        key, secret = settings.recording_s3_access_key, settings.recording_s3_secret
        assert key is not None
        assert secret is not None
        endpoint = settings.recording_s3_endpoint
        self.prefix = settings.recording_s3_prefix
        self._store = S3Store(
            settings.recording_s3_bucket,
            region=settings.recording_s3_region,
            access_key_id=key.get_secret_value(),
            secret_access_key=secret.get_secret_value(),
            virtual_hosted_style_request=not endpoint,
            client_options={
                "timeout": timedelta(seconds=_CALL_S),
                "allow_http": endpoint.startswith("http://"),
            },
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=2 * _CALL_S)},
            config={"endpoint": endpoint.rstrip("/")} if endpoint else {},
        )

    @classmethod
    def of(cls, settings: RecordingSettings) -> Self | None:
        """The bucket of these settings; None where they name none."""
        return cls(settings) if settings.recording_s3_bucket else None

    async def look(self) -> None:
        """Ask for the first of its recordings, to see that it answers and lets us in."""
        async for _ in self._below(self.prefix):
            return

    async def put(self, name: str, data: bytes, limit_s: float) -> str:
        """Write one object in one request; returns its key."""
        key = self.prefix + name
        kind = _CONTENT_TYPES.get(name[name.rfind(".") :], "application/octet-stream")
        with _asking("recordings cannot be written"):
            async with asyncio.timeout(limit_s):
                await obstore.put_async(
                    self._store, key, data, attributes={"Content-Type": kind}, use_multipart=False
                )
        return key

    async def discard(self, *names: str) -> None:
        """Delete these, whether they are there or not."""
        await self._delete([self.prefix + name for name in names])

    async def forget(self, session_id: str) -> int:
        """Delete all of a session; how many objects that were."""
        keys = [key async for key, _ in self._below(f"{self.prefix}{folder_of(session_id)}/")]
        return await self._delete(keys)

    async def forget_older(self, age_s: float) -> int:
        """Delete what was written longer ago than this, below the prefix alone."""
        before = datetime.now(UTC) - timedelta(seconds=age_s)
        old = [key async for key, written in self._below(self.prefix) if written < before]
        return await self._delete(old)

    async def _below(self, prefix: str) -> AsyncIterator[tuple[str, datetime]]:
        pages = obstore.list(self._store, prefix.rstrip("/") or None)
        while True:
            with _asking("recordings cannot be listed"):
                async with asyncio.timeout(3 * _CALL_S):
                    page = await anext(pages, None)
            if page is None:
                return
            for item in page:
                yield item["path"], item["last_modified"]

    async def _delete(self, keys: list[str]) -> int:
        for at in range(0, len(keys), _AT_ONCE):
            with _asking("recordings cannot be deleted"):
                async with asyncio.timeout(3 * _CALL_S):
                    await self._store.delete_async(keys[at : at + _AT_ONCE])
        return len(keys)


@contextmanager
def _asking(what: str) -> Iterator[None]:
    """Translate; the client's own text is left out, for it repeats requests."""
    try:
        yield
    except (BaseError, OSError, TimeoutError) as e:
        raise RecordingError(f"{what}: the bucket: {_advice(e)}") from None


def _advice(error: Exception) -> str:
    # Of a refused LIST there is only the text, which is not repeated: it holds requests.
    found = _STATUS.search(str(error))
    status = int(found[1]) if found else 0
    if status in (401, 403) or isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return _REFUSED
    if status == 404 or isinstance(error, NotFoundError | FileNotFoundError):
        return _NO_BUCKET
    return _AWAY
