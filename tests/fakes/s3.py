"""A fake S3 bucket on loopback: PUT, LIST and DELETE, with S3's errors.

The real client signs the requests; the fake checks only the access key.
"""

from __future__ import annotations

import contextlib
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from aiohttp import web

from agent.demo.providers.wire import serving

BUCKET, KEY, SECRET = "greetings", "the-access-key", "the-bucket-secret"


@dataclass
class S3:
    """The objects in the bucket, and how it answers."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    written: dict[str, datetime] = field(default_factory=dict)
    status: int = 0
    """If not 0, the status of all answers."""
    refuses: str = "-"
    """Objects whose key ends with this are refused."""
    asked: list[str] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        """Return the environment variables for this bucket."""
        return {
            "RECORDING_S3_BUCKET": BUCKET,
            "RECORDING_S3_ENDPOINT": self.url,
            "RECORDING_S3_ACCESS_KEY": KEY,
            "RECORDING_S3_SECRET": SECRET,
        }

    def put(self, key: str, data: bytes = b"x", *, age_s: float = 0) -> None:
        self.objects[key] = data
        self.written[key] = datetime.now(UTC) - timedelta(seconds=age_s)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path_qs}")
        data = await request.read()
        refusal = 403 if request.path.endswith(self.refuses) else self.status
        if f"Credential={KEY}/" not in request.headers.get("Authorization", ""):
            refusal = refusal or 403
        bucket, _, key = request.path.lstrip("/").partition("/")
        if bucket != BUCKET:
            refusal = refusal or 404
        if refusal:
            code = {403: "AccessDenied", 404: "NoSuchBucket"}.get(refusal, "InternalError")
            return _xml(f"<Error><Code>{code}</Code><Message>no</Message></Error>", refusal)
        if request.method == "PUT":
            self.put(key, data)
            self.types[key] = request.headers.get("Content-Type", "")
            return web.Response(headers={"ETag": '"1"'})
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return web.Response(status=204)
        if request.method == "POST" and "delete" in request.query:
            tags = ET.fromstring(data).iter()
            keys = [tag.text or "" for tag in tags if tag.tag.rpartition("}")[2] == "Key"]
            for gone in keys:
                self.objects.pop(gone, None)
            said = "".join(f"<Deleted><Key>{escape(gone)}</Key></Deleted>" for gone in keys)
            return _xml(f"<DeleteResult>{said}</DeleteResult>")
        prefix = request.query.get("prefix", "")
        found_keys = sorted(key for key in self.objects if key.startswith(prefix))
        return _xml(
            "<ListBucketResult><IsTruncated>false</IsTruncated>"
            + "".join(
                f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects[key])}</Size>"
                f"<LastModified>{self.written[key]:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
                '<ETag>"1"</ETag></Contents>'
                for key in found_keys
            )
            + "</ListBucketResult>"
        )


def _xml(body: str, status: int = 200) -> web.Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>{body}'
    return web.Response(text=text, status=status, content_type="application/xml")


@contextlib.asynccontextmanager
async def s3_bucket() -> AsyncIterator[S3]:
    """Serve a bucket until the block ends."""
    s3 = S3()
    app = web.Application(client_max_size=100_000_000)
    app.router.add_route("*", "/{path:.*}", s3.answer)
    async with serving(app) as s3.url:
        yield s3
