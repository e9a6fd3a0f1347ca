"""Listens to the avatar's audio track, as the trainee hears it."""

from __future__ import annotations

import time
from array import array
from typing import Final

from livekit import rtc

from agent.avatar.kept_audio import LOUD
from agent.core.task_set import TaskSet

_FRAME_MS: Final = 100


class AvatarSound:
    """Knows when the avatar was last heard."""

    def __init__(self, room: rtc.Room, identity: str) -> None:
        self._room = room
        self._identity = identity
        self._tasks = TaskSet()
        self.heard_at = 0.0
        """When the avatar last made a sound, on the monotonic clock."""
        self.is_known = False
        """True if the avatar's track is being listened to: without it, silence means nothing."""
        room.on("track_subscribed", self._on_track)
        participant = room.remote_participants.get(identity)
        for publication in participant.track_publications.values() if participant else ():
            if publication.track is not None:
                self._listen(publication.track)

    def close(self) -> None:
        """Stop listening."""
        self._room.off("track_subscribed", self._on_track)
        self._tasks.cancel()

    def _on_track(
        self, track: rtc.Track, _: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        if participant.identity == self._identity:
            self._listen(track)

    def _listen(self, track: rtc.Track) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO and not self.is_known:
            self.is_known = True
            self._tasks.start(self._detect_sound(track), name="listen_to_avatar")

    async def _detect_sound(self, track: rtc.Track) -> None:
        # The lowest sample rate is enough to tell sound from silence. Frames of 10 ms, the default,
        # take 2 % of a core.
        frames = rtc.AudioStream(track, sample_rate=8_000, num_channels=1, frame_size_ms=_FRAME_MS)
        async for event in frames:
            samples = array("h", bytes(event.frame.data))
            if samples and max(max(samples), -min(samples)) > LOUD:
                self.heard_at = time.monotonic()
