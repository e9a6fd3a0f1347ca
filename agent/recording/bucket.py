"""The bucket for recordings. Only this module uses the S3 client."""

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
from agent.recording.object_keys import session_folder

_CALL_TIMEOUT_S = 5.0
_DELETE_BATCH = 1000
"""The maximum of S3's DeleteObjects."""
_CONTENT_TYPES = {".ogg": "audio/ogg", ".vtt": "text/vtt; charset=utf-8"}
_STATUS = re.compile(r"status code: (\d{3})")
_REFUSED = (
    "the bucket refused the request; check RECORDING_S3_ACCESS_KEY, RECORDING_S3_SECRET and the "
    "permissions of the key"
)
_NO_BUCKET = (
    "the bucket does not exist; check RECORDING_S3_BUCKET, RECORDING_S3_REGION and "
    "RECORDING_S3_ENDPOINT"
)
_NOT_REACHED = (
    "the bucket was not reached or failed; check RECORDING_S3_ENDPOINT and RECORDING_S3_REGION"
)


class Bucket:
    """S3-compatible storage, below RECORDING_S3_PREFIX. All methods raise RecordingError."""

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
                "timeout": timedelta(seconds=_CALL_TIMEOUT_S),
                "allow_http": endpoint.startswith("http://"),
            },
            retry_config={
                "max_retries": 2,
                "retry_timeout": timedelta(seconds=2 * _CALL_TIMEOUT_S),
            },
            config={"endpoint": endpoint.rstrip("/")} if endpoint else {},
        )

    @classmethod
    def from_settings(cls, settings: RecordingSettings) -> Self | None:
        """Return the bucket of the settings; None if RECORDING_S3_BUCKET is not set."""
        return cls(settings) if settings.recording_s3_bucket else None

    async def check_writable(self) -> None:
        """List one recording to check that the bucket answers and accepts the key."""
        async for _ in self._objects(self.prefix):
            return

    async def put(self, name: str, data: bytes, timeout_s: float) -> str:
        """Write one object in one request; return its key."""
        key = self.prefix + name
        content_type = _CONTENT_TYPES.get(name[name.rfind(".") :], "application/octet-stream")
        attributes = {"Content-Type": content_type}
        with _translate_errors("recordings cannot be written"):
            async with asyncio.timeout(timeout_s):
                await obstore.put_async(
                    self._store, key, data, attributes=attributes, use_multipart=False
                )
        return key

    async def delete(self, *names: str) -> None:
        """Delete objects; a missing object is not an error."""
        await self._delete([self.prefix + name for name in names])

    async def delete_session(self, session_id: str) -> int:
        """Delete all objects of a session; return their number."""
        folder = f"{self.prefix}{session_folder(session_id)}/"
        return await self._delete([key async for key, _ in self._objects(folder)])

    async def delete_older(self, age_s: float) -> int:
        """Delete all objects written more than `age_s` ago; return their number."""
        before = datetime.now(UTC) - timedelta(seconds=age_s)
        old = [key async for key, written in self._objects(self.prefix) if written < before]
        return await self._delete(old)

    async def _objects(self, prefix: str) -> AsyncIterator[tuple[str, datetime]]:
        """Key and time of the last change of all objects below a prefix."""
        pages = obstore.list(self._store, prefix.rstrip("/") or None)
        while True:
            with _translate_errors("recordings cannot be listed"):
                async with asyncio.timeout(3 * _CALL_TIMEOUT_S):
                    page = await anext(pages, None)
            if page is None:
                return
            for item in page:
                yield item["path"], item["last_modified"]

    async def _delete(self, keys: list[str]) -> int:
        for at in range(0, len(keys), _DELETE_BATCH):
            with _translate_errors("recordings cannot be deleted"):
                async with asyncio.timeout(3 * _CALL_TIMEOUT_S):
                    await self._store.delete_async(keys[at : at + _DELETE_BATCH])
        return len(keys)


@contextmanager
def _translate_errors(problem: str) -> Iterator[None]:
    """Translate the client's errors; their text is left out because it repeats requests."""
    try:
        yield
    except (BaseError, OSError, TimeoutError) as e:
        raise RecordingError(f"{problem}: {_advice(e)}") from None


def _advice(error: Exception) -> str:
    # The error of a refused LIST has no other sign than its text.
    found = _STATUS.search(str(error))
    status = int(found[1]) if found else 0
    if status in (401, 403) or isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return _REFUSED
    if status == 404 or isinstance(error, NotFoundError | FileNotFoundError):
        return _NO_BUCKET
    return _NOT_REACHED
