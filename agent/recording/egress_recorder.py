"""Record with LiveKit Egress, which writes straight to the bucket.

Only this module uses the egress API. The recording is one audio file of the room: trainee and
agent mixed, as the avatar or the agent's voice is heard there. We write the captions.
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
from agent.core.livekit_api import translate_livekit_errors
from agent.core.log import logger
from agent.core.settings import RecordingSettings
from agent.core.tasks import start_task
from agent.recording.bucket import Bucket
from agent.recording.object_keys import AUDIO_SUFFIX, CAPTIONS_SUFFIX
from agent.recording.recording import StoredRecording

_CALL_TIMEOUT_S = 3.0
_START_TIMEOUT_S = 20.0
_DELETE_WAIT_S = 15.0
_CHECK_EVERY_S = 10.0
_CHECK_AT_END_EVERY_S = 0.5
_ENDED = (
    api.EgressStatus.EGRESS_COMPLETE,
    api.EgressStatus.EGRESS_FAILED,
    api.EgressStatus.EGRESS_ABORTED,
    api.EgressStatus.EGRESS_LIMIT_REACHED,
)
_NO_EGRESS = "no egress service answers; run one on the same Redis, or set RECORDING=worker"
_ADVICE = {
    "unavailable": _NO_EGRESS,
    "internal": _NO_EGRESS,
    "resource_exhausted": "egress is at its limit; add egress workers or raise the limit",
    "permission_denied": "LIVEKIT_API_KEY is not allowed to record",
    "unauthenticated": "LIVEKIT_API_KEY is not accepted",
    "invalid_argument": "egress rejected the request; check the RECORDING_S3 settings",
}
T = TypeVar("T")


class EgressRecorder:
    """A recording that LiveKit Egress makes; see `agent.recording.recording.Recorder`.

    Args:
        name: see `recording_name`.
    """

    by: Final = "egress"

    def __init__(
        self,
        service: EgressService,
        settings: RecordingSettings,
        bucket: Bucket,
        *,
        room: str,
        name: str,
    ) -> None:
        self._service = service
        self._settings = settings
        self._bucket = bucket
        self._room = room
        self._audio, self._captions = name + AUDIO_SUFFIX, name + CAPTIONS_SUFFIX
        self._egress_id = ""
        self._stopping_late: asyncio.Task[None] | None = None

    async def start(self) -> float:
        request = api.RoomCompositeEgressRequest(
            room_name=self._room, audio_only=True, file_outputs=[self._file_output()]
        )
        starting = asyncio.create_task(
            _call(lambda: self._service.start_room_composite_egress(request), _START_TIMEOUT_S),
            name="start_egress",
        )
        await asyncio.wait({starting}, timeout=_CALL_TIMEOUT_S)
        if not starting.done():
            # Without an egress service, livekit-server waits for one much longer than a trainee
            # would. If the egress starts after all, stop it.
            self._stopping_late = start_task(self._stop_late(starting), name="stop_late_egress")
            raise RecordingError(
                f"LiveKit did not start egress within {_CALL_TIMEOUT_S:g} s: {_NO_EGRESS}"
            )
        self._egress_id = starting.result().egress_id
        logger.info(
            "egress started", extra={"event": "egress_started", "egress_id": self._egress_id}
        )
        return time.time()

    def _file_output(self) -> api.EncodedFileOutput:
        settings = self._settings
        key, secret = settings.recording_s3_access_key, settings.recording_s3_secret
        assert key is not None
        assert secret is not None
        return api.EncodedFileOutput(
            file_type=api.EncodedFileType.OGG,
            filepath=self._bucket.prefix + self._audio,
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

    async def _stop_late(self, starting: asyncio.Task[api.EgressInfo]) -> None:
        with contextlib.suppress(RecordingError):
            self._egress_id = (await starting).egress_id
            logger.warning(
                "egress started too late; stopping it and deleting its recording",
                extra={"event": "egress_started_late", "egress_id": self._egress_id},
            )
            await self.stop()
            await self.delete()

    async def wait_until_stopped(self) -> str:
        return _problem(await self._end(_CHECK_EVERY_S)) or "egress ended before the greeting"

    async def stop(self) -> str:
        """Stop the egress; if the room is gone, it has stopped by itself."""
        with contextlib.suppress(RecordingError):
            request = api.StopEgressRequest(egress_id=self._egress_id)
            await _call(lambda: self._service.stop_egress(request))
        return ""

    async def store(self, captions: str, timeout_s: float) -> StoredRecording:
        """Wait until egress has written the file, and write the captions beside it."""
        problem = ""
        try:
            await self._bucket.put(self._captions, captions.encode(), timeout_s)
        except RecordingError as e:
            problem = f"the captions are lost: {e}"
        info = await self._wait_for_end(timeout_s)
        if info is None:
            problem = problem or "egress had not finished when the greeting's job ended"
        elif info.status in (api.EgressStatus.EGRESS_FAILED, api.EgressStatus.EGRESS_ABORTED):
            raise RecordingError(_problem(info))
        else:
            problem = _problem(info) or problem
        return StoredRecording(key=self._bucket.prefix + self._audio, error=problem)

    async def delete(self) -> None:
        # Egress writes the file when it ends.
        await self._wait_for_end(_DELETE_WAIT_S)
        await self._bucket.delete(self._audio, self._captions)

    async def _wait_for_end(self, timeout_s: float) -> api.EgressInfo | None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                return await self._end(_CHECK_AT_END_EVERY_S)
        return None

    async def _end(self, check_every_s: float) -> api.EgressInfo:
        """Wait until the egress has ended."""
        request = api.ListEgressRequest(egress_id=self._egress_id)
        while True:
            with contextlib.suppress(RecordingError):
                found = await _call(lambda: self._service.list_egress(request))
                for info in found.items:
                    if info.status in _ENDED:
                        return info
            await asyncio.sleep(check_every_s)


def _problem(info: api.EgressInfo) -> str:
    """Return what went wrong; without egress's text, which may repeat an address or a key."""
    if info.status == api.EgressStatus.EGRESS_LIMIT_REACHED:
        return "egress reached its time or size limit; raise it in the configuration of egress"
    if info.status == api.EgressStatus.EGRESS_FAILED:
        return "egress failed; find the egress_id in its log, and check the RECORDING_S3 settings"
    if info.status == api.EgressStatus.EGRESS_ABORTED:
        return "egress was aborted before it started; check that an egress worker is free"
    return ""


async def _call(call: Callable[[], Awaitable[T]], timeout_s: float = _CALL_TIMEOUT_S) -> T:
    try:
        with translate_livekit_errors("egress"):
            async with asyncio.timeout(timeout_s):
                return await call()
    except LiveKitError as e:
        advice = "check that LiveKit is running"
        if e.status:
            advice = _ADVICE.get(e.code, "see LiveKit's log")
        raise RecordingError(f"{e}: {advice}") from None
