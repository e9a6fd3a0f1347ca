"""LiveKit's egress: a recording made beside the room, straight to the bucket.

The only module that knows the egress API. It is one file of sound, both sides mixed as they are
heard in the room, by the avatar or by the voice; the captions are ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from livekit import api
from livekit.api.egress_service import EgressService

from agent.core.errors import LiveKitError, RecordingError
from agent.core.livekit_errors import translate_livekit_errors
from agent.core.log import log_task_failure, logger
from agent.core.settings import RecordingSettings
from agent.recording.bucket import Bucket
from agent.recording.object_keys import CAPTIONS, SOUND, name_of

_CALL_S = 3.0
_START_S = 20.0
_LOOK_EVERY_S = 10.0
_LOOK_AT_END_S = 0.5
_OVER = (
    api.EgressStatus.EGRESS_COMPLETE,
    api.EgressStatus.EGRESS_FAILED,
    api.EgressStatus.EGRESS_ABORTED,
    api.EgressStatus.EGRESS_LIMIT_REACHED,
)
_NS = 1e9
_NO_EGRESS = "no egress service answers: run one on the same Redis, or set RECORDING=worker"
_ADVICE = {
    "unavailable": _NO_EGRESS,
    "internal": _NO_EGRESS,
    "resource_exhausted": "egress is at its limit: add egress workers, or raise the limit",
    "permission_denied": "LIVEKIT_API_KEY may not record",
    "unauthenticated": "LIVEKIT_API_KEY is not accepted",
    "invalid_argument": "egress does not take the request: check the RECORDING_S3 settings",
}
T = TypeVar("T")


class Egress:
    """A recording that LiveKit makes."""

    by: Final = "egress"

    def __init__(
        self,
        service: EgressService,
        settings: RecordingSettings,
        bucket: Bucket,
        *,
        room: str,
        session_id: str,
        greeting_id: str,
    ) -> None:
        self._service = service
        self._settings = settings
        self._bucket = bucket
        self._room = room
        self._name = name_of(session_id, greeting_id, SOUND)
        self._captions_name = name_of(session_id, greeting_id, CAPTIONS)
        self._id = ""
        self._late: asyncio.Task[None] | None = None

    async def begin(self) -> float:
        """Have it begun; about when, as time.time().

        Raises:
            RecordingError: LiveKit does not record; its text says what to do.
        """
        settings = self._settings
        key, secret = settings.recording_s3_access_key, settings.recording_s3_secret
        assert key is not None
        assert secret is not None
        file = api.EncodedFileOutput(
            file_type=api.EncodedFileType.OGG,
            filepath=self._bucket.prefix + self._name,
            disable_manifest=True,
            s3=api.S3Upload(
                access_key=key.get_secret_value(),
                secret=secret.get_secret_value(),
                bucket=settings.recording_s3_bucket,
                region=settings.recording_s3_region,
                endpoint=settings.recording_s3_endpoint,
                force_path_style=bool(settings.recording_s3_endpoint),
            ),
        )
        request = api.RoomCompositeEgressRequest(
            room_name=self._room, audio_only=True, file_outputs=[file]
        )
        starting = asyncio.create_task(
            _asking(lambda: self._service.start_room_composite_egress(request), _START_S)
        )
        await asyncio.wait({starting}, timeout=_CALL_S)
        if not starting.done():
            # livekit-server without an egress service goes on asking for one, for longer than
            # anybody can wait. What begins after all is nobody's wish any more.
            self._late = asyncio.create_task(self._stop_late(starting), name="stop_late_egress")
            self._late.add_done_callback(log_task_failure)
            raise RecordingError(f"LiveKit has not begun it within {_CALL_S:g} s: {_NO_EGRESS}")
        self._id = starting.result().egress_id
        logger.info("egress begins", extra={"egress_id": self._id})
        return time.time()

    async def _stop_late(self, starting: asyncio.Task[api.EgressInfo]) -> None:
        with contextlib.suppress(RecordingError):
            self._id = (await starting).egress_id
            logger.warning("egress began too late: stopped", extra={"egress_id": self._id})
            await self.end()
            await self.discard()

    async def broken(self) -> str:
        """Wait until it ends by itself, and say why; without end where it does not."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            with contextlib.suppress(RecordingError):
                info = await self._info()
                if info is not None and info.status in _OVER:
                    return _why(info) or "egress ended before the greeting"

    async def end(self) -> str:
        """Have it stopped; where the room is gone it has stopped by itself."""
        with contextlib.suppress(RecordingError):
            request = api.StopEgressRequest(egress_id=self._id)
            await _asking(lambda: self._service.stop_egress(request))
        return ""

    async def keep(self, captions: str, limit_s: float) -> tuple[str | None, str | None, str]:
        """Wait for it to be in the bucket, and put the captions beside it: its key, and what went
        wrong.

        Raises:
            RecordingError: it is not there, and will not be.
        """
        why = ""
        try:
            await self._bucket.put(self._captions_name, captions.encode(), limit_s)
        except RecordingError as e:
            why = f"the captions are lost: {e}"
        info = await self._ended(limit_s)
        if info is None:
            why = why or "egress had not finished when the greeting's job ended"
        elif info.status in (api.EgressStatus.EGRESS_FAILED, api.EgressStatus.EGRESS_ABORTED):
            raise RecordingError(_why(info))
        else:
            why = _why(info) or why
        return None, self._bucket.prefix + self._name, why

    async def discard(self) -> None:
        """Delete it once it is written.

        Raises:
            RecordingError: the bucket refuses.
        """
        await self._ended(15.0)
        await self._bucket.discard(self._name, self._captions_name)

    async def _ended(self, limit_s: float) -> api.EgressInfo | None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while True:
                    with contextlib.suppress(RecordingError):
                        info = await self._info()
                        if info is not None and info.status in _OVER:
                            return info
                    await asyncio.sleep(_LOOK_AT_END_S)
        return None

    async def _info(self) -> api.EgressInfo | None:
        request = api.ListEgressRequest(egress_id=self._id)
        answer = await _asking(lambda: self._service.list_egress(request))
        return next(iter(answer.items), None)


def _why(info: api.EgressInfo) -> str:
    """What went wrong, without egress's own text, which may repeat an address or a key."""
    if info.status == api.EgressStatus.EGRESS_LIMIT_REACHED:
        return "egress reached its own time or size limit: raise it in egress's configuration"
    if info.status == api.EgressStatus.EGRESS_FAILED:
        return "egress failed: its log says why, under this egress_id; check the RECORDING_S3 names"
    if info.status == api.EgressStatus.EGRESS_ABORTED:
        return "egress gave up before it began: is an egress worker free?"
    return ""


async def _asking(call: Callable[[], Awaitable[T]], limit_s: float = _CALL_S) -> T:
    """Bounded, and told as what it means for the recording."""
    try:
        with translate_livekit_errors("egress"):
            async with asyncio.timeout(limit_s):
                return await call()
    except LiveKitError as e:
        advice = _ADVICE.get(e.code, "see LiveKit's log") if e.status else "is LiveKit there?"
        raise RecordingError(f"{e}: {advice}") from None
