"""Sends speech to the avatar, pauses it, and checks that the avatar plays it.

The avatar protocol has no pause. This output therefore keeps the audio of the current line. To
pause, it tells the avatar to stop speaking and notes the position that the avatar reports. To
resume, it sends the rest of the line. livekit-agents uses this to continue a line that a noise has
interrupted (`resume_false_interruption`).

livekit-agents trusts the avatar's own reports: an avatar that plays nothing, or never reports the
end, leaves the conversation in "speaking" forever. This output also listens to the avatar's sound,
and emits `AvatarStalled` if the avatar plays nothing, or does not stop.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Final

from livekit import rtc
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities

from agent.avatar.kept_audio import AUDIO_SAMPLE_RATE
from agent.avatar.link import AvatarLink
from agent.avatar.playback import Run, Segment
from agent.avatar.sound import AvatarSound
from agent.core.errors import AvatarError, AvatarTimeout
from agent.core.events import AvatarStalled, Events
from agent.core.log import logger
from agent.core.tasks import TaskSet

_CHECK_EVERY_S: Final = 0.25
_SILENT_S: Final = 4.0
"""An avatar is stalled if it has audio to play and is silent for this long. It is stalled, too, if
it does not answer the command to stop within this time."""
_DOUBT_S: Final = 1.5
"""The output listens to the avatar's audio if LiveKit does not report its voice for this long."""
_UNREPORTED_S: Final = 2.5
"""Longest wait after the last sound for the report that the segment was played."""
_TEXT_STOPS_S: Final = 0.02
"""livekit-agents stops the text of a line at the same time as its audio, and logs a warning if the
line is reported as stopped before its text is."""
_STOP_REPORT_S: Final = 1.0
"""Longest wait, once the avatar has confirmed that it stopped, for its report of the position."""


class AvatarOutput(AudioOutput):
    def __init__(self, room: rtc.Room, identity: str, events: Events) -> None:
        super().__init__(
            label="Avatar",
            capabilities=AudioOutputCapabilities(pause=True),
            sample_rate=AUDIO_SAMPLE_RATE,
        )
        self._identity = identity
        self._greeting_events = events
        self._link = AvatarLink(room, identity, self._on_report)
        self._segments: deque[Segment] = deque()
        """The segment that is being played, then those that follow."""
        self._capturing = False
        self._run: Run | None = None
        """What the avatar is playing; None if it is silent."""
        self._paused = False
        self._changed = asyncio.Event()
        self._sound = AvatarSound(room, identity)
        self._background = TaskSet()
        self._background.start(self._send(), name="send_to_avatar")
        self._background.start(self._watch(), name="watch_avatar_output")

    # What the session calls.

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Add audio to the current segment; the task `_send` sends it."""
        await super().capture_frame(frame)
        if not self._capturing:
            self._capturing = True
            self._segments.append(Segment())
        if self._segments and not self._segments[-1].interrupted:
            self._segments[-1].audio.append(frame.data.cast("B"))
            self._changed.set()

    def flush(self) -> None:
        super().flush()
        if self._capturing and self._segments:
            self._segments[-1].complete = True
        self._capturing = False
        self._changed.set()

    def clear_buffer(self) -> None:
        """Stop every segment; none is resumed, and each is reported as interrupted."""
        for segment in self._segments:
            segment.interrupted = True
        if self._run is None:
            loop = asyncio.get_running_loop()
            loop.call_later(_TEXT_STOPS_S, self._finish_interrupted)
        else:
            self._changed.set()

    def _finish_interrupted(self) -> None:
        """Report the segments that were stopped while the avatar is silent."""
        while self._segments and self._segments[0].interrupted and self._run is None:
            self._finish(interrupted=True)

    def pause(self) -> None:
        super().pause()
        self._paused = True
        self._changed.set()

    def resume(self) -> None:
        super().resume()
        self._paused = False
        if self._run is not None:
            self._run.refuses_to_stop = False
        self._changed.set()

    def detach(self) -> None:
        """Stop sending and listening; `clear_buffer` works without a command to the avatar."""
        self._sound.close()
        self._background.cancel()
        if self._run is not None and self._segments:
            self._segments[0].heard_s = self._run.from_s + self._run.played_s
        self._run = None
        if any(segment.interrupted for segment in self._segments):
            self.clear_buffer()
            self._finish_interrupted()

    # Sending, one step at a time.

    async def _send(self) -> None:
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                while self._segments and await self._step(self._segments[0], self._run):
                    pass
        except AvatarError as e:
            logger.info(
                "cannot send to the avatar; the greeting continues by voice",
                extra={"event": "avatar_unreachable", "error": str(e)},
            )
            self._give_up()

    async def _step(self, segment: Segment, run: Run | None) -> bool:
        """Take the next step for the first segment; return False if there is none to take now."""
        if run is None:
            return self._begin_run(segment)
        return await self._continue_run(segment, run)

    def _begin_run(self, segment: Segment) -> bool:
        """The avatar is silent: let it play the segment, or its rest; or finish the segment."""
        if segment.interrupted:
            self._finish(interrupted=True)
            return True
        if self._paused:
            return False
        is_over = segment.is_over
        if not is_over:
            self._run = segment.next_run()
        if not segment.started:
            segment.started = True
            # The avatar does not say when it begins; it does so within about 0.2 s.
            self.on_playback_started(created_at=time.time())
        if is_over:
            self._finish(interrupted=False)
        return True

    async def _continue_run(self, segment: Segment, run: Run) -> bool:
        """The avatar is playing: stop it, or send what it has not got yet."""
        if segment.interrupted or (self._paused and run.can_pause):
            await self._stop(segment, run)
        elif self._paused:
            return False  # let it play on
        elif run.sent_s < segment.audio.duration_s:
            audio = segment.audio.read(run.sent_s)
            run.sent_s = segment.audio.duration_s
            await self._link.write(audio)
        elif segment.complete and not run.closed:
            run.closed = True
            await self._link.close()
        else:
            return False
        return True

    def _finish(self, *, interrupted: bool) -> None:
        """Report the first segment as played or interrupted, and continue with the next one."""
        segment, run, self._run = self._segments.popleft(), self._run, None
        if run is not None and not interrupted:
            self._note_run(segment, run, run.length_s)
        heard_s = segment.heard_s if interrupted else segment.audio.duration_s
        self.on_playback_finished(playback_position=heard_s, interrupted=interrupted)
        self._changed.set()

    def _note_run(self, segment: Segment, run: Run, heard_s: float) -> None:
        """Tell a recorder when the parts of a paused segment were heard."""
        if segment.paused and heard_s > 0:
            began_at = time.time() - run.elapsed_s
            self.on_playback_progressed(started_at=began_at, offset=run.from_s, duration=heard_s)

    def _give_up(self) -> None:
        """Stop sending: report the avatar as stalled, so that another output says the rest."""
        self._run = None
        if any(segment.interrupted for segment in self._segments):
            self.clear_buffer()
            self._finish_interrupted()
        elif self._link.is_up:
            self._greeting_events.emit(AvatarStalled(self._identity))

    # Stopping.

    async def _stop(self, segment: Segment, run: Run) -> None:
        """Stop the avatar, and note the position up to which the segment was heard."""
        run.stopped = stopped = asyncio.get_running_loop().create_future()
        confirmed = await self._command_to_stop()
        if not confirmed and not segment.interrupted:
            run.stopped, run.refuses_to_stop = None, True
            return
        heard_s = run.played_s
        if confirmed:
            try:
                async with asyncio.timeout(_STOP_REPORT_S):
                    heard_s = await stopped
            except TimeoutError:
                logger.warning(
                    "the avatar did not report where it stopped; using the clock. No action is "
                    "needed unless this repeats",
                    extra={"event": "avatar_stop_unreported"},
                )
        segment.heard_s = run.from_s + heard_s
        segment.paused = segment.paused or not segment.interrupted
        self._note_run(segment, run, heard_s)
        self._run = None

    async def _command_to_stop(self) -> bool:
        """Return False if the avatar did not confirm; raise AvatarError if it has left."""
        try:
            if not self._link.is_up:
                raise AvatarError("the avatar has left")
            await self._link.clear(_SILENT_S)
        except AvatarError as e:
            if not self._link.is_up:
                raise
            logger.warning(
                "the avatar did not confirm that it stopped; if this repeats, check Beyond "
                "Presence's status page",
                extra={"event": "avatar_not_stopping", "error": str(e)},
            )
            if isinstance(e, AvatarTimeout):
                self._greeting_events.emit(AvatarStalled(self._identity))
            return False
        return True

    # The avatar's reports, and their absence.

    def _on_report(self, position_s: float, interrupted: bool) -> None:
        """Handle the avatar's report that it has played a run, or has stopped."""
        run = self._run
        if run is None:
            return  # a late report of a segment that `_give_up` has dropped
        if run.stopped is not None:
            run.report_stop(position_s, interrupted=interrupted)
        elif run.may_be_over and not interrupted:
            self._finish(interrupted=False)
        else:
            logger.info(
                "ignored an early end report from the avatar",
                extra={"event": "avatar_report_ignored", "left_s": round(run.left_s, 1)},
            )

    async def _watch(self) -> None:
        """Notice an avatar that plays nothing, or does not report that it has played a run."""
        while True:
            await asyncio.sleep(_CHECK_EVERY_S)
            run = self._run
            if run is None or run.stopped is not None:
                self._sound.stop_listening()
                continue
            if self._quiet_s(run) > _DOUBT_S:
                self._sound.listen()
            else:
                self._sound.stop_listening()
            if self._plays_nothing(run):
                self._greeting_events.emit(AvatarStalled(self._identity))
                return
            if self._is_unreported(run):
                logger.warning(
                    "the avatar did not report the end of a line; assuming that it was played. No "
                    "action is needed unless it repeats",
                    extra={"event": "avatar_end_unreported"},
                )
                self._finish(interrupted=False)

    def _plays_nothing(self, run: Run) -> bool:
        """True if the avatar should be heard, or should have been heard, and was not."""
        if not self._sound.is_certain:
            return False
        if run.left_s > 0:
            return self._quiet_s(run) > _SILENT_S
        unheard = run.should_have_been_heard and self._sound.heard_at < run.started_at
        return unheard and self._is_unreported(run)

    def _is_unreported(self, run: Run) -> bool:
        """True if the avatar should have reported by now that it has played a run."""
        is_over = run.closed and run.left_s < -_UNREPORTED_S
        return is_over and self._quiet_s(run) > _UNREPORTED_S

    def _quiet_s(self, run: Run) -> float:
        return time.monotonic() - max(run.started_at, self._sound.heard_at)
