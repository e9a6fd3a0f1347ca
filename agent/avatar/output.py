"""Sends speech to the avatar, pauses it, and checks that the avatar plays it.

The avatar protocol has no pause. This output therefore keeps the audio of the current line. To
pause, it tells the avatar to stop speaking and notes the position that the avatar reports. To
resume, it sends the rest of the line. livekit-agents uses this to continue a line that a noise has
interrupted (`resume_false_interruption`).

A line is one `_Segment`. Each part that the avatar plays without a pause is one `_Run`.

livekit-agents trusts the avatar's own reports: an avatar that plays nothing, or never reports the
end, leaves the conversation in "speaking" for good. This output also listens to the avatar's audio
track, as the trainee hears it. It emits `AvatarStalled` if the avatar plays nothing, or does not
stop.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from livekit import rtc
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities

from agent.avatar.kept_audio import LOUD, KeptAudio
from agent.avatar.link import AvatarLink
from agent.core.errors import AvatarError, AvatarTimeout
from agent.core.events import AvatarStalled, Events
from agent.core.log import logger
from agent.core.task_set import TaskSet

AUDIO_SAMPLE_RATE: Final = 16_000
"""Hz of the audio that Beyond Presence takes. The room's own output uses the same rate, so that a
line can move between the two without changing its speed."""

_CHECK_EVERY_S: Final = 0.25
_LISTEN_FRAME_MS: Final = 100
_SILENT_S: Final = 4.0
"""An avatar is stalled if it has audio to play and is silent for this long, or if it does not
answer the command to stop within this time."""
_UNREPORTED_S: Final = 2.5
"""Longest wait after the last sound for the report that the segment was played."""
_EARLY_S: Final = 1.0
"""A report that the segment was played is ignored if more than this is left to play."""
_STOP_REPORT_S: Final = 1.0
"""Longest wait, once the avatar has confirmed that it stopped, for its report of the position."""
_NEARLY_OVER_S: Final = 0.15
"""A segment with less than this left is not paused."""


@dataclass
class _Segment:
    """One line, or a part of it that livekit-agents sends on its own."""

    audio: KeptAudio = field(default_factory=lambda: KeptAudio(AUDIO_SAMPLE_RATE))
    complete: bool = False
    """True if no more audio is added."""
    interrupted: bool = False
    """True if the rest must not be played."""
    started: bool = False
    paused: bool = False
    """True if it was paused at least once."""
    heard_s: float = 0.0
    """The position up to which it was heard when the avatar was last told to stop."""


@dataclass
class _Run:
    """Audio of a segment that the avatar is playing: all of it, or the rest after a pause."""

    from_s: float
    sent_s: float
    """The position in the segment up to which audio was sent."""
    started_at: float = field(default_factory=lambda: time.monotonic())
    closed: bool = False
    """True if all of it was sent."""
    refuses_to_stop: bool = False
    """True if the avatar did not confirm the command to pause: let it play on."""
    stopped: asyncio.Future[float] | None = None
    """Set while the avatar is being stopped; its result is the position in the run."""

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.started_at

    @property
    def played_s(self) -> float:
        """Seconds that have been played, by the clock."""
        return min(self.elapsed_s, self.sent_s - self.from_s)

    @property
    def left_s(self) -> float:
        return self.sent_s - self.from_s - self.elapsed_s


class AvatarOutput(AudioOutput):
    """The audio output for one avatar."""

    def __init__(self, room: rtc.Room, identity: str, events: Events) -> None:
        super().__init__(
            label="Avatar",
            capabilities=AudioOutputCapabilities(pause=True),
            sample_rate=AUDIO_SAMPLE_RATE,
        )
        self._room = room
        self._identity = identity
        self._greeting_events = events
        self._link = AvatarLink(
            room, identity, sample_rate=AUDIO_SAMPLE_RATE, on_report=self._on_report
        )
        self._segments: deque[_Segment] = deque()
        """The segment that is being played, then those that follow."""
        self._capturing = False
        self._run: _Run | None = None
        self._paused = False
        self._changed = asyncio.Event()
        self._heard_at = 0.0
        self._audible = False
        """True if the avatar's audio track is being listened to."""
        self._background = TaskSet()
        self._background.start(self._send(), name="send_to_avatar")
        self._background.start(self._watch(), name="watch_avatar_output")
        room.on("track_subscribed", self._on_track)
        participant = room.remote_participants.get(identity)
        for publication in participant.track_publications.values() if participant else ():
            if publication.track is not None:
                self._listen(publication.track)

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Add audio to the current segment; the task `_send` sends it."""
        await super().capture_frame(frame)
        if not self._capturing:
            self._capturing = True
            self._segments.append(_Segment())
        if self._segments and not self._segments[-1].interrupted:
            self._segments[-1].audio.append(frame.data.cast("B"))
            self._changed.set()

    def flush(self) -> None:
        """Mark the segment as complete."""
        super().flush()
        if self._capturing and self._segments:
            self._segments[-1].complete = True
        self._capturing = False
        self._changed.set()

    def clear_buffer(self) -> None:
        """Stop every segment for good; each is reported as interrupted."""
        for segment in self._segments:
            segment.interrupted = True
        # Without a run, the avatar plays nothing: report the segments now.
        while self._segments and self._run is None:
            self._finish(interrupted=True)
        self._changed.set()

    def pause(self) -> None:
        """Stop the avatar, and keep the rest of the segment."""
        super().pause()
        self._paused = True
        self._changed.set()

    def resume(self) -> None:
        """Continue the segment that was paused."""
        super().resume()
        self._paused = False
        if self._run is not None:
            self._run.refuses_to_stop = False
        self._changed.set()

    def detach(self) -> None:
        """Stop sending and listening: the avatar is being removed, or was replaced.

        `clear_buffer` still works afterwards, without a command to the avatar.
        """
        self._room.off("track_subscribed", self._on_track)
        self._background.cancel()
        if self._run is not None and self._segments:
            self._segments[0].heard_s = self._run.from_s + self._run.played_s
        self._run = None
        if any(segment.interrupted for segment in self._segments):
            self.clear_buffer()

    async def _send(self) -> None:
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                while self._segments and await self._step(self._segments[0]):
                    pass
        except AvatarError as e:
            logger.info(
                "cannot send to the avatar; the greeting continues by voice",
                extra={"event": "avatar_unreachable", "error": str(e)},
            )
            self._give_up()

    async def _step(self, segment: _Segment) -> bool:
        """Take the next step for the first segment; return False if there is none to take now."""
        run = self._run
        if run is not None and self._must_stop(segment, run):
            await self._stop(segment, run)
        elif segment.interrupted:
            self._finish(interrupted=True)
        elif self._paused:
            return False
        elif run is None and segment.complete and segment.audio.is_silent_from(segment.heard_s):
            if not segment.started:
                self._start(segment)
            self._finish(interrupted=False)
        elif run is None:
            from_s = segment.audio.resume_point(segment.heard_s)
            self._run = _Run(from_s, sent_s=from_s)
            if not segment.started:
                self._start(segment)
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

    def _must_stop(self, segment: _Segment, run: _Run) -> bool:
        if segment.interrupted:
            return True
        nearly_over = run.closed and run.left_s < _NEARLY_OVER_S
        return self._paused and not run.refuses_to_stop and not nearly_over

    async def _stop(self, segment: _Segment, run: _Run) -> None:
        """Stop the avatar, and note the position up to which the segment was heard.

        Raises:
            AvatarError: it has left.
        """
        run.stopped = asyncio.get_running_loop().create_future()
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
            if not segment.interrupted:
                run.stopped, run.refuses_to_stop = None, True
                return
            elapsed_s = run.played_s
        else:
            elapsed_s = run.played_s
            try:
                async with asyncio.timeout(_STOP_REPORT_S):
                    elapsed_s = await run.stopped
            except TimeoutError:
                logger.warning(
                    "the avatar did not report where it stopped; using the clock. No action is "
                    "needed unless this repeats",
                    extra={"event": "avatar_stop_unreported"},
                )
        segment.heard_s = run.from_s + elapsed_s
        segment.paused = segment.paused or not segment.interrupted
        self._note_run(segment, run, elapsed_s)
        self._run = None

    def _give_up(self) -> None:
        """Stop sending: report the avatar as stalled, so that another output says the rest."""
        self._run = None
        if any(segment.interrupted for segment in self._segments):
            self.clear_buffer()
        elif self._link.is_up:
            self._greeting_events.emit(AvatarStalled(self._identity))

    def _start(self, segment: _Segment) -> None:
        segment.started = True
        # The avatar does not say when it begins; it does so within about 0.2 s.
        self.on_playback_started(created_at=time.time())

    def _finish(self, *, interrupted: bool) -> None:
        """Report the first segment as played or interrupted, and continue with the next one."""
        segment, run, self._run = self._segments.popleft(), self._run, None
        if run is not None and not interrupted:
            self._note_run(segment, run, run.sent_s - run.from_s)
        heard_s = segment.heard_s if interrupted else segment.audio.duration_s
        self.on_playback_finished(playback_position=heard_s, interrupted=interrupted)
        self._changed.set()

    def _note_run(self, segment: _Segment, run: _Run, heard_s: float) -> None:
        """Tell a recorder when the parts of a paused segment were heard."""
        if segment.paused and heard_s > 0:
            began_at = time.time() - (time.monotonic() - run.started_at)
            self.on_playback_progressed(started_at=began_at, offset=run.from_s, duration=heard_s)

    def _on_report(self, position_s: float, interrupted: bool) -> None:
        """Handle the avatar's report that it has played a run, or has stopped."""
        run = self._run
        if run is None:
            return  # a late report of a segment that `_give_up` has dropped
        if run.stopped is not None:
            if not run.stopped.done():
                sent_s = run.sent_s - run.from_s
                heard_s = min(position_s, run.elapsed_s) if interrupted else sent_s
                run.stopped.set_result(min(max(heard_s, 0.0), sent_s))
            return
        # The report may belong to an earlier run: this one is not complete, not near its end, or
        # was not told to stop.
        if run.left_s > _EARLY_S or not run.closed or interrupted:
            logger.info(
                "ignored an early end report from the avatar",
                extra={"event": "avatar_report_ignored", "left_s": round(run.left_s, 1)},
            )
            return
        self._finish(interrupted=False)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_CHECK_EVERY_S)
            run = self._run
            if run is None or run.stopped is not None:
                continue
            quiet_s = time.monotonic() - max(run.started_at, self._heard_at)
            # Without the avatar's audio track we cannot know what it plays.
            if self._audible and run.left_s > 0 and quiet_s > _SILENT_S:
                self._greeting_events.emit(AvatarStalled(self._identity))
                return
            if run.closed and -run.left_s > _UNREPORTED_S and quiet_s > _UNREPORTED_S:
                sent_s = run.sent_s - run.from_s
                if self._audible and self._heard_at < run.started_at and sent_s > _EARLY_S:
                    self._greeting_events.emit(AvatarStalled(self._identity))
                    return
                logger.warning(
                    "the avatar did not report the end of a line; assuming that it was played. No "
                    "action is needed unless it repeats",
                    extra={"event": "avatar_end_unreported"},
                )
                self._finish(interrupted=False)

    def _on_track(
        self, track: rtc.Track, _: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        if participant.identity == self._identity:
            self._listen(track)

    def _listen(self, track: rtc.Track) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO and not self._audible:
            self._audible = True
            self._background.start(self._detect_sound(track), name="listen_to_avatar")

    async def _detect_sound(self, track: rtc.Track) -> None:
        # The lowest sample rate is enough to tell sound from silence. Frames of 10 ms, the default,
        # take 2 % of a core.
        sound = rtc.AudioStream(
            track, sample_rate=8_000, num_channels=1, frame_size_ms=_LISTEN_FRAME_MS
        )
        async for event in sound:
            samples = array("h", bytes(event.frame.data))
            if samples and max(max(samples), -min(samples)) > LOUD:
                self._heard_at = time.monotonic()
