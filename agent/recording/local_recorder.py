"""Record in the worker: an OGG/Opus file, trainee on the left channel and agent on the right.

livekit-agents' own recorder does the work on the session's audio: the trainee's as it arrives, the
agent's when it is played, by the avatar or by the agent's voice. This module gives it a file and
watches it: as released (1.8.9), it only logs that its disk is full.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

from livekit.agents import AgentSession

from agent.core.errors import RecordingError
from agent.core.livekit_internals.room import ObservableRecorder
from agent.recording.bucket import Bucket
from agent.recording.local_folder import LocalFolder
from agent.recording.object_keys import AUDIO_SUFFIX, CAPTIONS_SUFFIX
from agent.recording.recording import StoredRecording

_CLOSE_TIMEOUT_S = 5.0
_CHECK_EVERY_S = 2.0
_NOT_WRITTEN = "the file could not be written completely; see the worker's log for the cause"
_DISK_FULL = "the disk of RECORDINGS_DIR is almost full; free some space or set a bucket"
_LAST_PAGE = 0x04
"""Flag in the header of an Ogg page (RFC 3533)."""


class LocalRecorder:
    """A recording that the worker makes; see `agent.recording.recording.Recorder`.

    Args:
        bucket: where the recording is moved to; None to leave it in the folder.
        name: see `recording_name`.
    """

    by: Final = "worker"

    def __init__(
        self, session: AgentSession[Any], folder: LocalFolder, bucket: Bucket | None, name: str
    ) -> None:
        self._session = session
        self._folder = folder
        self._bucket = bucket
        self._audio = name + AUDIO_SUFFIX
        self._path: Path | None = None
        self._recorder: ObservableRecorder | None = None

    async def start(self) -> float:
        """Start recording. The session must be started, and the agent must not be speaking."""
        audio_in, audio_out = self._session.input.audio, self._session.output.audio
        if audio_in is None or audio_out is None:
            raise RecordingError("the session has no audio to record")
        path = await self._folder.prepare(self._audio)
        if not await self._folder.has_space():
            await self._folder.delete(path)
            raise RecordingError(_DISK_FULL)
        recorder = ObservableRecorder(agent_session=self._session)
        self._session.input.audio = recorder.record_input(audio_in)
        self._session.output.audio = recorder.record_output(audio_out)
        await recorder.start(output_path=path)
        self._path, self._recorder = path, recorder
        assert recorder.recording_started_at is not None
        return recorder.recording_started_at

    async def wait_until_stopped(self) -> str:
        recorder = self._recorder
        assert recorder is not None
        while True:
            if await recorder.wait_until_stopped(_CHECK_EVERY_S):
                return _NOT_WRITTEN
            # FFmpeg writes 256 KB at a time, so it notices a full disk late.
            if not await self._folder.has_space():
                return _DISK_FULL

    async def stop(self) -> str:
        recorder, path = self._recorder, self._path
        if recorder is None or path is None:
            return ""
        self._recorder = None
        recorder.record_current_line()
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await recorder.aclose()
            complete = _is_complete(await self._folder.read(path))
        except (RecordingError, TimeoutError):
            complete = False
        return "" if complete else _NOT_WRITTEN

    async def store(self, captions: str, timeout_s: float) -> StoredRecording:
        """Move the recording to the bucket; if that fails, leave it for `Retention`."""
        path = self._path
        assert path is not None
        if not await self._folder.size(path):
            raise RecordingError("nothing was recorded")
        error = ""
        if self._bucket is not None:
            try:
                key = await self._folder.move_to(self._bucket, path, timeout_s, captions.encode())
                return StoredRecording(key=key)
            except RecordingError as e:
                error = str(e)
        try:
            await self._folder.write(path.with_suffix(CAPTIONS_SUFFIX), captions)
        except RecordingError as e:
            error = error or str(e)
        return StoredRecording(file=str(path), error=error)

    async def delete(self) -> None:
        if self._path is not None:
            await self._folder.delete(self._path)


def _is_complete(ogg: bytes) -> bool:
    """Return True if the file has its last page, which is written at the end."""
    last = ogg.rfind(b"OggS")
    return last >= 0 and len(ogg) > last + 5 and bool(ogg[last + 5] & _LAST_PAGE)
