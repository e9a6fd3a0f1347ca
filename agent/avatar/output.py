"""What the avatar is given to say, and whether it says it.

livekit-agents believes an avatar: one that takes speech and plays nothing, or never reports that it
has finished, leaves the conversation stuck in "speaking" for good. Here its sound is listened to,
as the trainee hears it. What is done about a silent one is not decided here.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import Callable

from livekit import rtc
from livekit.agents.voice.avatar import DataStreamAudioOutput

from agent.core.log import log_task_failure, logger

_LOOK_EVERY_S = 0.25
_SILENT_S = 4.0
"""An avatar that has had speech to play for this long and made no sound will not; nor will one that
was told to stop, and has not said so by then. livekit-agents itself waits for 5 s, and then loses
count of what is being played."""
_UNREPORTED_S = 2.5
"""How long after the last sound its report may take."""
_EARLY_S = 1.0
"""A report of the end this long before the end is none."""
_LOUD = 250
"""Of int16 samples: quieter is no speech."""


class AvatarOutput(DataStreamAudioOutput):
    """The sink that takes the session's speech to one avatar, and follows what becomes of it."""

    def __init__(
        self, room: rtc.Room, identity: str, *, sample_rate: int, on_stall: Callable[[], None]
    ) -> None:
        """Args: `on_stall` is called once, when the avatar does not play what it is given."""
        super().__init__(
            room,
            destination_identity=identity,
            sample_rate=sample_rate,
            wait_remote_track=rtc.TrackKind.KIND_VIDEO,
        )
        self._avatar_room = room
        self._identity = identity
        self._on_stall = on_stall
        self._given_s = 0.0
        """Of speech, in the segment it is playing."""
        self._begun_at: float | None = None
        """When the segment was begun; None between two."""
        self._whole = False
        """Nothing is added to the segment any more."""
        self._cleared_at: float | None = None
        """When it was told to stop; None: it was not."""
        self._heard_at = 0.0
        self._listening: asyncio.Task[None] | None = None
        self._following = asyncio.create_task(self._follow(), name="follow_avatar")
        self._following.add_done_callback(log_task_failure)
        room.on("track_subscribed", self._on_track)
        participant = room.remote_participants.get(identity)
        for publication in participant.track_publications.values() if participant else ():
            if publication.track is not None:
                self._listen(publication.track)

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Send a piece of speech."""
        if self._begun_at is None or self._whole:
            self._begun_at, self._given_s = time.monotonic(), 0.0
            self._whole, self._cleared_at = False, None
        await super().capture_frame(frame)
        self._given_s += frame.duration

    def flush(self) -> None:
        """The segment is whole."""
        self._whole = True
        super().flush()

    def clear_buffer(self) -> None:
        """Stop playing."""
        if self._begun_at is not None and self._cleared_at is None:
            self._cleared_at = time.monotonic()
        super().clear_buffer()

    def on_playback_finished(
        self,
        *,
        playback_position: float,
        interrupted: bool,
        synchronized_transcript: str | None = None,
    ) -> None:
        """The avatar, or we in its place, say that the segment has been played."""
        if self._begun_at is not None and self._cleared_at is None:
            left_s = self._begun_at + self._given_s - time.monotonic()
            # Of an earlier segment, perhaps: nobody is at the end of what is not whole yet, or
            # has stopped what was not to stop.
            if left_s > _EARLY_S or not self._whole or interrupted:
                logger.info("the avatar reported the end too early", extra={"left_s": left_s})
                return
        self._begun_at = None
        super().on_playback_finished(
            playback_position=playback_position,
            interrupted=interrupted,
            synchronized_transcript=synchronized_transcript,
        )

    def let_go(self) -> None:
        """Follow and listen no more; the sink is not used afterwards."""
        self._avatar_room.off("track_subscribed", self._on_track)
        for task in (self._following, self._listening):
            if task is not None:
                task.cancel()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if self._begun_at is None:
                continue
            now = time.monotonic()
            if self._cleared_at is not None and now - self._cleared_at > _SILENT_S:
                logger.warning("the avatar does not stop when it is told to")
                self._on_stall()
                return
            playing_s = now - self._begun_at
            quiet_s = now - max(self._begun_at, self._heard_at)
            # Where its sound does not reach us, nothing can be said of it.
            listening = self._listening is not None
            if listening and playing_s < self._given_s and quiet_s > _SILENT_S:
                self._on_stall()
                return
            overdue_s = playing_s - self._given_s
            if self._whole and overdue_s > _UNREPORTED_S and quiet_s > _UNREPORTED_S:
                if listening and self._heard_at < self._begun_at and self._given_s > _EARLY_S:
                    self._on_stall()
                    return
                logger.warning("the avatar did not report that it has finished")
                self.on_playback_finished(playback_position=self._given_s, interrupted=False)

    def _on_track(
        self, track: rtc.Track, _: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        if participant.identity == self._identity:
            self._listen(track)

    def _listen(self, track: rtc.Track) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO and self._listening is None:
            self._listening = asyncio.create_task(self._hear(track), name="hear_avatar")
            self._listening.add_done_callback(log_task_failure)

    async def _hear(self, track: rtc.Track) -> None:
        # The lowest rate there is: it is only to be told from silence.
        async for event in rtc.AudioStream(track, sample_rate=8_000, num_channels=1):
            samples = array("h", bytes(event.frame.data))
            if samples and max(max(samples), -min(samples)) > _LOUD:
                self._heard_at = time.monotonic()
