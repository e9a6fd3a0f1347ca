"""The tape: what the worker hears and says, as OGG/Opus, trainee left and guide right.

livekit-agents' own recorder does the work, on the session's own sound: the trainee as they arrived,
the guide when it was played, by the avatar or by the voice. Here it is given its place, and
watched: as released (1.8.9) a recorder whose disk is full says so in the log alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Any, Final

from livekit.agents import AgentSession
from livekit.agents.voice.recorder_io import RecorderIO

from agent.core.errors import RecordingError
from agent.recording.bucket import Bucket
from agent.recording.local_folder import Shelf
from agent.recording.object_keys import CAPTIONS, SOUND, name_of

_CLOSE_S = 5.0
_LOOK_EVERY_S = 2.0
_UNWRITTEN = "the recording's file could not be written, or not to its end; the log says why"
_FULL = "the disk of RECORDINGS_DIR is almost full: make room, or set a bucket"
_LAST_PAGE = 0x04
"""In the header type of an Ogg page (RFC 3533)."""


class Tape:
    """A recording the worker makes."""

    by: Final = "worker"

    def __init__(
        self,
        session: AgentSession[None],
        shelf: Shelf,
        bucket: Bucket | None,
        *,
        session_id: str,
        greeting_id: str,
    ) -> None:
        self._session = session
        self._shelf = shelf
        self._bucket = bucket
        self._name = name_of(session_id, greeting_id, SOUND)
        self._captions_name = name_of(session_id, greeting_id, CAPTIONS)
        self._path: Path | None = None
        self._recorder: RecorderIO | None = None

    async def begin(self) -> float:
        """Record from now on, as time.time(); the session is started, and silent.

        Raises:
            RecordingError: the folder cannot be written to, or there is no sound.
        """
        heard, said = self._session.input.audio, self._session.output.audio
        if heard is None or said is None:
            raise RecordingError("there is no sound to record")
        path = await self._shelf.place(self._name)
        if not await self._shelf.room_left():
            raise RecordingError(_FULL)
        recorder = RecorderIO(agent_session=self._session)
        self._session.input.audio = recorder.record_input(heard)
        self._session.output.audio = recorder.record_output(said)
        await recorder.start(output_path=path)
        self._path, self._recorder = path, recorder
        assert recorder.recording_started_at is not None
        return recorder.recording_started_at

    async def broken(self) -> str:
        """Wait until it ends by itself, and say why; without end where it does not."""
        assert self._recorder is not None
        while True:
            # Done when the file is finished, which nobody has asked for. It is private to
            # RecorderIO: tests/unit/test_recording_tape.py fails when the lock moves from under it.
            done, _ = await asyncio.wait({self._recorder._close_fut}, timeout=_LOOK_EVERY_S)
            if done:
                return _UNWRITTEN
            # FFmpeg writes a quarter of a megabyte at a time, so that it would be late to notice.
            if not await self._shelf.room_left():
                return _FULL

    async def end(self) -> str:
        """Record no more; says why not all of it is on the tape, where it is not."""
        recorder, path = self._recorder, self._path
        if recorder is None or path is None:
            return ""
        self._recorder = None
        _place_what_is_being_said(recorder)
        try:
            async with asyncio.timeout(_CLOSE_S):
                await recorder.aclose()
            whole = _is_whole(await self._shelf.read(path))
        except (RecordingError, TimeoutError):
            whole = False
        return "" if whole else _UNWRITTEN

    async def keep(self, captions: str, limit_s: float) -> tuple[str | None, str | None, str]:
        """Bring it where it stays: the file's path, or its key, and what went wrong; then it is
        still here, and brought there later.

        Raises:
            RecordingError: there is nothing to keep.
        """
        assert self._path is not None
        if not await self._shelf.size(self._path):
            raise RecordingError("nothing was recorded")
        try:
            if self._bucket is None:
                await self._shelf.write(self._path.with_suffix(CAPTIONS), captions)
            else:
                data = await self._shelf.read(self._path)
                await self._bucket.put(self._captions_name, captions.encode(), limit_s)
                key = await self._bucket.put(self._name, data, limit_s)
                await self._shelf.discard(self._path)
                return None, key, ""
        except RecordingError as e:
            with contextlib.suppress(RecordingError):
                await self._shelf.write(self._path.with_suffix(CAPTIONS), captions)
            return str(self._path), None, str(e)
        return str(self._path), None, ""

    async def discard(self) -> None:
        """Leave nothing of it.

        Raises:
            RecordingError: the disk refuses.
        """
        if self._path is not None:
            await self._shelf.discard(self._path)


def _place_what_is_being_said(recorder: RecorderIO) -> None:
    """Onto the tape as far as it was heard; the recorder itself waits for the line's end.

    Private to RecorderIO, whose own way to say it would tell the session that the line is over:
    tests/integration/test_recording.py fails when the lock moves from under it.
    """
    said: Any = recorder._out_record
    if said is None or said.pending_since is None or said._RecorderAudioOutput__reported:
        return
    began_at = said._RecorderAudioOutput__started_at or said.pending_since
    said._RecorderAudioOutput__place(
        started_at=began_at, offset=0.0, duration=time.time() - began_at
    )


def _is_whole(ogg: bytes) -> bool:
    """Whether it has its last page, which is written at the very end."""
    last = ogg.rfind(b"OggS")
    return last >= 0 and len(ogg) > last + 5 and bool(ogg[last + 5] & _LAST_PAGE)
