"""Sends speech to the avatar and checks that the avatar plays it.

livekit-agents trusts the avatar's own reports: an avatar that plays nothing, or never reports the
end, leaves the conversation in "speaking" for good. This output also listens to the avatar's audio
track, as the trainee hears it, and emits `AvatarStalled` if the avatar does not do what it is told.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from typing import Final

from livekit import rtc
from livekit.agents.voice.avatar import DataStreamAudioOutput

from agent.core.events import AvatarStalled, Events
from agent.core.log import logger
from agent.core.task_set import TaskSet

AUDIO_SAMPLE_RATE: Final = 16_000
"""Hz of the audio that Beyond Presence takes. The room's own output uses the same rate, so that a
line can move between the two without changing its speed."""

_CHECK_EVERY_S: Final = 0.25
_SILENT_S: Final = 4.0
"""An avatar is stalled if it has had audio to play for this long and is silent, or does not confirm
within this long that it stopped. livekit-agents itself waits 5 s and then loses count of
segments."""
_UNREPORTED_S: Final = 2.5
"""Longest time between the last sound and the report that the segment was played."""
_EARLY_S: Final = 1.0
"""A report of the end that comes earlier than this before the end is ignored."""
_LOUD: Final = 250
"""Amplitude of int16 samples; anything quieter is silence."""


class AvatarOutput(DataStreamAudioOutput):
    """The audio output for one avatar; a segment is one line or one part of it."""

    def __init__(self, room: rtc.Room, identity: str, events: Events) -> None:
        super().__init__(
            room,
            destination_identity=identity,
            sample_rate=AUDIO_SAMPLE_RATE,
            wait_remote_track=rtc.TrackKind.KIND_VIDEO,
        )
        self._avatar_room = room
        self._identity = identity
        self._greeting_events = events
        self._sent_s = 0.0
        """Seconds of audio sent for the current segment."""
        self._started_at: float | None = None
        """When the current segment started; None between two segments."""
        self._complete = False
        """True if no more audio is added to the current segment."""
        self._cleared_at: float | None = None
        """When the avatar was told to stop; None if it was not."""
        self._heard_at = 0.0
        self._audible = False
        """True if the avatar's audio track is being listened to."""
        self._background = TaskSet()
        self._background.start(self._watch(), name="watch_avatar_output")
        room.on("track_subscribed", self._on_track)
        participant = room.remote_participants.get(identity)
        for publication in participant.track_publications.values() if participant else ():
            if publication.track is not None:
                self._listen(publication.track)

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Send audio to the avatar."""
        if self._started_at is None or self._complete:
            self._started_at, self._sent_s = time.monotonic(), 0.0
            self._complete, self._cleared_at = False, None
        await super().capture_frame(frame)
        self._sent_s += frame.duration

    def flush(self) -> None:
        """Mark the segment as complete."""
        self._complete = True
        super().flush()

    def clear_buffer(self) -> None:
        """Tell the avatar to stop playing."""
        if self._started_at is not None and self._cleared_at is None:
            self._cleared_at = time.monotonic()
        super().clear_buffer()

    def on_playback_finished(
        self,
        *,
        playback_position: float,
        interrupted: bool,
        synchronized_transcript: str | None = None,
    ) -> None:
        """Take the avatar's report, or our own, that the segment was played."""
        if self._started_at is not None and self._cleared_at is None:
            left_s = self._started_at + self._sent_s - time.monotonic()
            # The report may belong to an earlier segment: this one is not complete, not near its
            # end, or was not told to stop.
            if left_s > _EARLY_S or not self._complete or interrupted:
                logger.info(
                    "ignored an early end report from the avatar",
                    extra={"event": "avatar_report_ignored", "left_s": round(left_s, 1)},
                )
                return
        self._started_at = None
        super().on_playback_finished(
            playback_position=playback_position,
            interrupted=interrupted,
            synchronized_transcript=synchronized_transcript,
        )

    def detach(self) -> None:
        """Stop watching and listening; the output is not used afterwards."""
        self._avatar_room.off("track_subscribed", self._on_track)
        self._background.cancel()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_CHECK_EVERY_S)
            if self._started_at is None:
                continue
            now = time.monotonic()
            if self._cleared_at is not None and now - self._cleared_at > _SILENT_S:
                logger.warning(
                    "the avatar did not confirm that it stopped",
                    extra={"event": "avatar_not_stopping"},
                )
                self._greeting_events.emit(AvatarStalled(self._identity))
                return
            playing_s = now - self._started_at
            quiet_s = now - max(self._started_at, self._heard_at)
            # Without the avatar's audio track nothing can be said about what it plays.
            if self._audible and playing_s < self._sent_s and quiet_s > _SILENT_S:
                self._greeting_events.emit(AvatarStalled(self._identity))
                return
            overdue_s = playing_s - self._sent_s
            if self._complete and overdue_s > _UNREPORTED_S and quiet_s > _UNREPORTED_S:
                if self._audible and self._heard_at < self._started_at and self._sent_s > _EARLY_S:
                    self._greeting_events.emit(AvatarStalled(self._identity))
                    return
                logger.warning(
                    "the avatar did not report the end of a line; assuming that it was played",
                    extra={"event": "avatar_end_unreported"},
                )
                self.on_playback_finished(playback_position=self._sent_s, interrupted=False)

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
        # The lowest sample rate is enough to tell sound from silence.
        async for event in rtc.AudioStream(track, sample_rate=8_000, num_channels=1):
            samples = array("h", bytes(event.frame.data))
            if samples and max(max(samples), -min(samples)) > _LOUD:
                self._heard_at = time.monotonic()
