"""Knows when the avatar was heard in the room.

LiveKit's server reports who speaks, from the levels that clients send with their audio. If it does
not report the avatar, the output lets this module listen to the avatar's audio: a voice may be too
quiet for the server, and an operator may have switched its reports off.

While nothing listens, the server does not send the audio, which saves a tenth of a job's CPU time.
The job stays subscribed: the server reports only participants to which a client is subscribed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from livekit import rtc

from agent.avatar.kept_audio import LOUD, peak
from agent.core.livekit_internals.native import receive_track
from agent.core.tasks import TaskSet

_LISTEN_S: Final = 1.5
"""Silence counts only after the audio was listened to for this long."""
_FRAME_MS: Final = 100
_CLOSE_TIMEOUT_S: Final = 1.0


class AvatarSound:
    def __init__(self, room: rtc.Room, identity: str) -> None:
        self._room = room
        self._identity = identity
        self._tasks = TaskSet()
        self._reported = False
        """True while the server reports that the avatar speaks."""
        self._heard_at = 0.0
        self._audio: rtc.RemoteTrackPublication | None = None
        """The avatar's audio, once the job is subscribed to it."""
        self._listens_since: float | None = None
        room.on("active_speakers_changed", self._on_speakers)
        room.on("track_subscribed", self._on_track)
        participant = room.remote_participants.get(identity)
        for publication in participant.track_publications.values() if participant else ():
            self._add(publication)

    @property
    def heard_at(self) -> float:
        """When the avatar was last heard, on the monotonic clock; 0 if it never was."""
        return time.monotonic() if self._reported else self._heard_at

    @property
    def is_certain(self) -> bool:
        """True if the audio was listened to for long enough: only then does silence count."""
        since = self._listens_since
        return since is not None and time.monotonic() - since > _LISTEN_S

    def listen(self) -> None:
        """Listen from now on, if the avatar publishes audio; a repeat does nothing."""
        if self._audio is not None and self._listens_since is None:
            self._listens_since = time.monotonic()
            receive_track(self._audio, receive=True)
            self._tasks.start(self._detect_sound(self._audio), name="listen_to_avatar")

    def stop_listening(self) -> None:
        """Do not receive the audio until `listen` is called; a repeat does nothing."""
        if self._audio is not None and self._listens_since is not None:
            self._listens_since = None
            self._tasks.cancel()
            receive_track(self._audio, receive=False)

    def close(self) -> None:
        self._room.off("active_speakers_changed", self._on_speakers)
        self._room.off("track_subscribed", self._on_track)
        self._tasks.cancel()

    def _on_speakers(self, speakers: Sequence[rtc.Participant]) -> None:
        # The speakers whose level has changed. If the trainee's has, the avatar may be missing
        # although it speaks.
        self._heard_at = self.heard_at
        self._reported = any(speaker.identity == self._identity for speaker in speakers)

    def _on_track(
        self,
        _: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        participant: rtc.RemoteParticipant,
    ) -> None:
        if participant.identity == self._identity:
            self._add(publication)

    def _add(self, publication: rtc.RemoteTrackPublication) -> None:
        if publication.track is not None and publication.kind == rtc.TrackKind.KIND_AUDIO:
            self.stop_listening()
            self._audio = publication
            receive_track(publication, receive=False)

    async def _detect_sound(self, publication: rtc.RemoteTrackPublication) -> None:
        assert publication.track is not None
        # The lowest sample rate is enough to tell sound from silence. Frames of 10 ms, the default,
        # take 2 % of a core.
        frames = rtc.AudioStream(
            publication.track, sample_rate=8_000, num_channels=1, frame_size_ms=_FRAME_MS
        )
        try:
            async for event in frames:
                if peak(event.frame.data) > LOUD:
                    self._heard_at = time.monotonic()
        finally:
            # livekit 1.1.21 sometimes waits forever for the end of a stream.
            with suppress(TimeoutError):
                await asyncio.wait_for(frames.aclose(), _CLOSE_TIMEOUT_S)
