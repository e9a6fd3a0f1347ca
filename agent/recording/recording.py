"""The recording of one greeting: started, perhaps cut short or withdrawn, and stored.

No method raises, and none waits without limit: the greeting continues if the recording fails. Each
failure is logged with advice and is in the outcome.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol

from livekit.agents.llm import ChatMessage

from agent.core.errors import RecordingError
from agent.core.events import Events, RecordingChanged
from agent.core.log import logger
from agent.core.records import Line
from agent.core.tasks import start_task
from agent.outcomes.outcome import Recorded, RecordedBy
from agent.recording.captions import Captions

_START_TIMEOUT_S = 4.0
"""The trainee may be waiting already."""
_STOP_TIMEOUT_S = 6.0
_DELETE_TIMEOUT_S = 20.0
_STORE_TIMEOUT_S = 20.0
_STORE_TIMEOUT_AT_SHUTDOWN_S = 3.0
"""livekit-agents kills a job 10 s after it has told it to stop."""


@dataclass(frozen=True)
class StoredRecording:
    """Where a recording is stored."""

    file: str | None = None
    """Its path on this machine."""
    key: str | None = None
    """Its key in the bucket."""
    error: str = ""
    """The problem, for example that the bucket refused the file."""


class Recorder(Protocol):
    """Makes a recording: `LocalRecorder` or `EgressRecorder`. It is started once.

    All methods except `wait_until_stopped` and `stop` raise RecordingError.
    """

    @property
    def by(self) -> RecordedBy: ...

    async def start(self) -> float:
        """Start recording; return the time of its first moment (Unix time in seconds)."""

    async def wait_until_stopped(self) -> str:
        """Wait until the recording stops by itself; return the reason."""

    async def stop(self) -> str:
        """Stop recording; return what is wrong with the recording, or an empty string."""

    async def store(self, captions: str, timeout_s: float) -> StoredRecording:
        """Store the stopped recording and its captions."""

    async def delete(self) -> None:
        """Delete the recording and its captions."""


class Recording:
    """The recording of a greeting whose trainee has consented; emits `RecordingChanged`."""

    def __init__(self, recorder: Recorder, events: Events) -> None:
        self._recorder = recorder
        self._events = events
        self._captions = Captions()
        self._started_at = 0.0
        self._watching: asyncio.Task[None] | None = None
        self._deleting: asyncio.Task[None] | None = None
        self.state = Recorded(by=recorder.by, status="failed")
        """The part of the outcome about this recording."""

    @property
    def is_active(self) -> bool:
        """True while the trainee is being recorded."""
        return self.state.status == "recording"

    async def start(self) -> None:
        """Start recording; if it fails, the reason is in `state`."""
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                self._started_at = await self._recorder.start()
        except (RecordingError, TimeoutError) as e:
            self.state.error = str(e) or "it did not start in time"
            logger.error(
                "this greeting is not recorded; see the error for what to do",
                extra={"event": "recording_not_started", "error": self.state.error},
            )
            return
        self.state.status = "recording"
        self._watching = start_task(self._watch(), name="watch_recording")
        logger.info("recording started", extra={"event": "recording_started", "by": self.state.by})
        self._events.emit(RecordingChanged())

    def add_line(self, message: ChatMessage, line: Line) -> None:
        """Add a line of the conversation to the captions."""
        if self.is_active:
            self._captions.add(message, line.text, typed=line.typed)

    def withdraw(self) -> None:
        """Stop recording and delete the recording: the trainee declined."""
        if self.state.status not in ("recording", "cut_short"):
            return
        self._note_end()
        self.state.status = "withdrawn"
        self._events.emit(RecordingChanged())
        logger.info(
            "the trainee declined to be recorded; recording has stopped and is being deleted",
            extra={"event": "recording_withdrawn"},
        )
        self._deleting = start_task(self._delete(), name="delete_recording")

    async def finish(self, *, keep: bool, at_once: bool) -> None:
        """Stop recording and store the recording: the greeting has ended.

        Args:
            keep: False if the session was deleted during the greeting.
            at_once: True if the job must exit soon; `Retention` then moves the file to the bucket.
        """
        timeout_s = _STORE_TIMEOUT_AT_SHUTDOWN_S if at_once else _STORE_TIMEOUT_S
        if self._deleting is not None:
            await asyncio.wait({self._deleting}, timeout=timeout_s)
        if self.state.status not in ("recording", "cut_short"):
            return
        self._note_end()
        problem = await self._stop()
        if not keep:
            self.state.status = "withdrawn"
            await self._delete()
            return
        if problem and self.state.status == "recording":
            self.state.status, self.state.error = "cut_short", problem
            logger.error(
                "the recording is incomplete; see the error for what to do",
                extra={"event": "recording_incomplete", "error": problem},
            )
        await self._store(timeout_s)

    async def _store(self, timeout_s: float) -> None:
        captions = self._captions.as_webvtt(self._started_at, self.state.seconds)
        try:
            stored = await self._recorder.store(captions, timeout_s)
        except RecordingError as e:
            self.state.status, self.state.error = "failed", self.state.error or str(e)
            logger.error(
                "the recording is lost; see the error for what to do",
                extra={"event": "recording_lost", "error": str(e)},
            )
            return
        if self.state.status == "recording":
            self.state.status = "kept"
        self.state.file, self.state.key = stored.file, stored.key
        if stored.error:
            self.state.error = self.state.error or stored.error
            logger.error(
                "the recording is not completely stored; see the error for what to do",
                extra={"event": "recording_partly_stored", "error": stored.error},
            )
        logger.info(
            "the recording is stored",
            extra={
                "event": "recording_stored",
                "by": self.state.by,
                "recorded_s": self.state.seconds,
                "in_bucket": bool(stored.key),
            },
        )

    def _note_end(self) -> None:
        if self.state.status == "recording":
            if self._watching is not None:
                self._watching.cancel()
            self.state.seconds = round(time.time() - self._started_at, 1)

    async def _stop(self) -> str:
        if self._watching is not None:
            # If the recording was cut short, `_watch` is stopping the recorder already.
            await asyncio.wait({self._watching}, timeout=_STOP_TIMEOUT_S)
        return await self._recorder.stop()

    async def _watch(self) -> None:
        try:
            reason = await self._recorder.wait_until_stopped()
        except RecordingError as e:
            reason = str(e)
        self.state.seconds = round(time.time() - self._started_at, 1)
        self.state.status, self.state.error = "cut_short", reason
        logger.error(
            "recording stopped early, the greeting continues; see the error for what to do",
            extra={"event": "recording_cut_short", "error": reason},
        )
        self._events.emit(RecordingChanged())
        await self._recorder.stop()

    async def _delete(self) -> None:
        try:
            async with asyncio.timeout(_DELETE_TIMEOUT_S):
                await self._stop()
                await self._recorder.delete()
        except (RecordingError, TimeoutError) as e:
            reason = str(e) or "it took too long"
            self.state.error = f"it is not deleted: {reason}"
            logger.error(
                "a withdrawn recording is not deleted; run `python -m agent forget SESSION`",
                extra={"event": "recording_not_deleted", "error": reason},
            )
