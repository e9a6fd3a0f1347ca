"""One greeting's recording, whoever makes it: begun, perhaps broken off or withdrawn, and kept.

Nothing it does raises, nothing waits for it without limit, and a greeting goes on whatever becomes
of it: a failure is a line in the log that says what to do, and stands in the outcome.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from livekit.agents.llm import ChatMessage

from agent.core.errors import RecordingError
from agent.core.log import log_task_failure, logger
from agent.core.types import Line
from agent.outcomes.record import Recorded, RecordedBy
from agent.recording.captions import Captions

_BEGIN_S = 4.0
"""The trainee may be waiting already."""
_END_S = 6.0
_DISCARD_S = 20.0
_KEEP_S = 20.0
_KEEP_AT_ONCE_S = 3.0
"""LiveKit kills a job 10 s after it has told it to stop."""


class Maker(Protocol):
    """Who makes the recording; for what each call does, see `Tape`."""

    @property
    def by(self) -> RecordedBy: ...

    async def begin(self) -> float: ...

    async def broken(self) -> str: ...

    async def end(self) -> str: ...

    async def keep(self, captions: str, limit_s: float) -> tuple[str | None, str | None, str]: ...

    async def discard(self) -> None: ...


class Recording:
    """Of a greeting whose trainee has consented, where the operator wants it."""

    def __init__(self, maker: Maker, *, on_change: Callable[[], None]) -> None:
        """Args: `on_change` is called when it begins or ends, and where something new is known."""
        self._maker = maker
        self._on_change = on_change
        self._captions = Captions()
        self._began_at = 0.0
        self._watching: asyncio.Task[None] | None = None
        self._discarding: asyncio.Task[None] | None = None
        self.state = Recorded(by=maker.by, status="failed")
        """What the outcome says of it."""

    @property
    def on(self) -> bool:
        """Whether the trainee is being recorded now."""
        return self.state.status == "recording"

    async def begin(self) -> None:
        """Record from now on, if it can be done."""
        try:
            async with asyncio.timeout(_BEGIN_S):
                self._began_at = await self._maker.begin()
        except (RecordingError, TimeoutError) as e:
            self.state.error = str(e) or "it did not begin in time"
            logger.error("this greeting is not recorded: %s", self.state.error)
            return
        self.state.status = "recording"
        self._watching = asyncio.create_task(self._watch(), name="watch_recording")
        self._watching.add_done_callback(log_task_failure)
        logger.info("recording", extra={"by": self.state.by})
        self._on_change()

    def said(self, message: ChatMessage, line: Line) -> None:
        """Somebody has said something: a caption."""
        if self.on:
            self._captions.add(message, line.text, typed=line.typed)

    def withdraw(self) -> bool:
        """The trainee would rather not: stop at once and delete it, also what had broken off.

        Returns:
            False where there is nothing of them.
        """
        if self.state.status not in ("recording", "cut_short"):
            return False
        self._stop()
        self.state.status = "withdrawn"
        self._on_change()
        logger.info("the trainee does not want to be recorded: stopped, and deleted")
        self._discarding = asyncio.create_task(self._discard(), name="discard_recording")
        self._discarding.add_done_callback(log_task_failure)
        return True

    async def finish(self, *, keep: bool, at_once: bool) -> None:
        """The greeting is over: bring the recording where it stays.

        Args:
            keep: False: its session was deleted meanwhile.
            at_once: the job is being stopped; what takes longer is brought later.
        """
        limit_s = _KEEP_AT_ONCE_S if at_once else _KEEP_S
        if self._discarding is not None:
            await asyncio.wait({self._discarding}, timeout=limit_s)
        if self.state.status not in ("recording", "cut_short"):
            return
        self._stop()
        why_not_all = await self._end()
        if not keep:
            self.state.status = "withdrawn"
            await self._discard()
            return
        if why_not_all and self.state.status == "recording":
            self.state.status, self.state.error = "cut_short", why_not_all
            logger.error("not all of a greeting is recorded: %s", why_not_all)
        captions = self._captions.as_webvtt(self._began_at, self.state.seconds)
        try:
            file, key, why = await self._maker.keep(captions, limit_s)
        except RecordingError as e:
            self.state.status, self.state.error = "failed", self.state.error or str(e)
            logger.error("no recording is kept: %s", e)
            return
        if self.state.status == "recording":
            self.state.status = "kept"
        self.state.file, self.state.key = file, key
        if why:
            self.state.error = self.state.error or why
            logger.error("a recording is not where it should be yet: %s", why)
        logger.info(
            "a recording is kept",
            extra={"by": self.state.by, "recorded_s": self.state.seconds, "in_bucket": bool(key)},
        )

    def _stop(self) -> None:
        if self.state.status == "recording":
            if self._watching is not None:
                self._watching.cancel()
            self.state.seconds = round(time.time() - self._began_at, 1)

    async def _end(self) -> str:
        if self._watching is not None:
            # One that broke off is being ended already.
            await asyncio.wait({self._watching}, timeout=_END_S)
        return await self._maker.end()

    async def _watch(self) -> None:
        try:
            why = await self._maker.broken()
        except RecordingError as e:
            why = str(e)
        self.state.seconds = round(time.time() - self._began_at, 1)
        self.state.status, self.state.error = "cut_short", why
        logger.error("the recording broke off, the greeting goes on: %s", why)
        self._on_change()
        await self._maker.end()

    async def _discard(self) -> None:
        try:
            async with asyncio.timeout(_DISCARD_S):
                await self._end()
                await self._maker.discard()
        except (RecordingError, TimeoutError) as e:
            self.state.error = f"it is not deleted: {e or 'it took too long'}"
            logger.error(
                "a recording that nobody wants is not deleted: run `python -m agent forget`: %s", e
            )
