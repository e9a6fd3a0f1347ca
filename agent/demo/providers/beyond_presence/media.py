"""The avatar's media: livekit-agents' `AvatarRunner`, with what Beyond Presence does differently.

`AvatarRunner` publishes its video only once somebody subscribes to its sound, so an avatar in a
room without a trainee would never appear, and it miscounts segments that wait behind each other.
`DataStreamAudioReceiver` registers its RPC in a dict of the class; here each process has one room.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from livekit import rtc
from livekit.agents.utils import aio
from livekit.agents.voice.avatar import (
    AudioSegmentEnd,
    AvatarOptions,
    AvatarRunner,
    DataStreamAudioReceiver,
)
from livekit.rtc.participant import PublishTrackError

from agent.demo.providers.beyond_presence.face import SIZE
from agent.demo.providers.beyond_presence.talking_face import FPS, FRAME_S, TalkingFace
from agent.demo.providers.faults import Fault

logger = logging.getLogger("training-greeter.stand-ins")

SAMPLE_RATE = 16_000
"""What the plugin sends and Beyond Presence plays."""
_RPC_CLEAR_BUFFER = "lk.clear_buffer"
_HANGS_S = 600.0
"""Longer than any caller waits for an answer."""


class Link:
    """The avatar's end of the pipe to the stand-ins' process: a tuple asks, a dict reports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, *names: str) -> Fault | None:
        """The fault to show now; see `Faults.take`. Waits for the answer, about 0.1 ms.

        Raises:
            EOFError: the stand-ins' process has ended.
        """
        try:
            self._connection.send(names)
            fault: Fault | None = self._connection.recv()
        except OSError as e:
            raise EOFError from e
        return fault

    def report(self, **changes: Any) -> None:
        """Change fields of the avatar's session, by name."""
        with contextlib.suppress(OSError):  # the stand-ins' process has ended
            self._connection.send(changes)


class SpeechReceiver(DataStreamAudioReceiver):
    """The agent's speech, for this room alone."""

    def __init__(self, room: rtc.Room, *, sender_identity: str | None, link: Link) -> None:
        super().__init__(room, sender_identity=sender_identity, frame_size_ms=round(FRAME_S * 1000))
        self._link = link

    @property
    def receiving(self) -> bool:
        """Whether a segment is open: its first sound may not have come yet."""
        return self._current_reader is not None

    def _register_clear_buffer_rpc(  # type: ignore[override]
        self,
        room: rtc.Room,
        *,
        caller_identity: str,
        handler: Callable[[rtc.RpcInvocationData], str],
    ) -> None:
        """Register with this room's participant only; the base class has one dict for all rooms."""

        async def clear_buffer(data: rtc.RpcInvocationData) -> str:
            if self._link.take("clear-fails"):
                raise rtc.RpcError(1500, "simulated: clear_buffer failed")
            if self._link.take("clear-hangs"):
                await asyncio.sleep(_HANGS_S)
            return handler(data)

        room.local_participant.register_rpc_method(_RPC_CLEAR_BUFFER, clear_buffer)


class TalkingAvatar(AvatarRunner):
    """Publishes at once, reports every segment once, and stops within a frame when told to."""

    def __init__(
        self,
        room: rtc.Room,
        *,
        receiver: SpeechReceiver,
        face: TalkingFace,
        link: Link,
        on_speech: Callable[[], None],
    ) -> None:
        super().__init__(
            room,
            audio_recv=receiver,
            video_gen=face,
            options=AvatarOptions(
                video_width=SIZE,
                video_height=SIZE,
                video_fps=FPS,
                audio_sample_rate=SAMPLE_RATE,
                audio_channels=1,
            ),
            _lazy_publish=False,
        )
        # The base class reads it in aclose(), but sets it only in start().
        self._read_audio_atask = None  # type: ignore[assignment]
        self._receiver = receiver
        self._face = face
        self._link = link
        self._on_speech = on_speech
        self._segment_open = False
        self._reported_early = False
        self._pushed_s = 0.0
        self._frozen_from: float | None = None
        self._stalled = False
        self._pictures = link.take("no-video") is None
        self._sounds = link.take("no-audio") is None
        late = link.take("late-audio")
        self._sound_after_s = late.value if late else None
        self._sources = link.take("no-source") is None
        if frozen := link.take("freezes"):
            self._frozen_from = asyncio.get_running_loop().time() + frozen.value

    async def wait_for_complete(self) -> None:
        """Until the media end by themselves: the receiver failed, or was closed."""
        tasks = [t for t in (self._read_audio_atask, self._forward_video_atask) if t]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    async def aclose(self) -> None:
        await super().aclose()
        # The base class only cancels its synchroniser's task.
        await aio.cancel_and_wait(self._av_sync._capture_video_task)

    async def _publish_track(self) -> None:
        """Sound first, then the picture: who sees the picture can count on the sound."""
        async with self._lock:
            if self._sounds and self._sound_after_s is None:
                await self._publish_sound()
            if self._pictures:
                await self._publish_picture()
        if self._sounds and self._sound_after_s is not None:
            task = asyncio.create_task(self._publish_sound_late(self._sound_after_s))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _publish_sound(self) -> None:
        sound = rtc.LocalAudioTrack.create_audio_track("avatar_audio", self._audio_source)
        options = rtc.TrackPublishOptions()
        if self._sources:
            options.source = rtc.TrackSource.SOURCE_MICROPHONE
        self._audio_publication = await self._room.local_participant.publish_track(sound, options)

    async def _publish_sound_late(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        try:
            await self._publish_sound()
        except PublishTrackError as e:
            logger.warning("no sound", extra={"error": str(e)})

    async def _publish_picture(self) -> None:
        picture = rtc.LocalVideoTrack.create_video_track("avatar_video", self._video_source)
        options = rtc.TrackPublishOptions(
            # One size is enough for one viewer on this machine, and costs one encoder.
            simulcast=False,
            video_encoding=rtc.VideoEncoding(max_bitrate=800_000, max_framerate=FPS),
        )
        if self._sources:
            options.source = rtc.TrackSource.SOURCE_CAMERA
        self._video_publication = await self._room.local_participant.publish_track(picture, options)

    async def _read_audio(self) -> None:
        speaking = False
        async for item in self._receiver:
            if isinstance(item, rtc.AudioFrame):
                if item.sample_rate != SAMPLE_RATE or item.num_channels != 1:
                    raise ValueError(f"expected {SAMPLE_RATE} Hz mono, got {item.sample_rate} Hz")
                if not speaking:
                    self._stalled = self._stalled or self._link.take("stalls") is not None
            speaking = isinstance(item, rtc.AudioFrame)
            if not self._stalled:
                await self._face.push_audio(item)

    async def _forward_video(self) -> None:
        async for frame in self._face:
            if isinstance(frame, AudioSegmentEnd):
                self._end_segment()
            elif isinstance(frame, rtc.AudioFrame):
                if not self._segment_open:
                    self._begin_segment()
                self._pushed_s += frame.duration
                await self._av_sync.push(frame)
            elif self._picture_is_live():
                await self._av_sync.push(frame)
            else:
                await asyncio.sleep(FRAME_S)

    def _picture_is_live(self) -> bool:
        frozen = self._frozen_from
        return frozen is None or asyncio.get_running_loop().time() < frozen

    def _begin_segment(self) -> None:
        self._segment_open = True
        self._on_speech()
        if self._link.take("early-finish"):
            self._finished(FRAME_S, interrupted=False)
            self._reported_early = True

    def _end_segment(self) -> None:
        if not self._segment_open:
            return  # the tail of what was cleared
        position, self._pushed_s, self._segment_open = self._pushed_s, 0.0, False
        if self._reported_early:
            self._reported_early = False
            return
        task = asyncio.create_task(self._finish_when_heard(position))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish_when_heard(self, position: float) -> None:
        late = self._link.take("late-finish")
        late_s = late.value if late else 0.0
        await asyncio.sleep(self._audio_source.queued_duration + late_s)
        self._finished(position, interrupted=False)

    def _finished(self, position: float, *, interrupted: bool) -> None:
        if self._link.take("no-finish"):
            return
        self._receiver.notify_playback_finished(position, interrupted)
        if self._link.take("double-finish"):
            self._receiver.notify_playback_finished(position, interrupted)

    def _on_clear_buffer(self) -> None:
        """Silence now; one report for every segment the agent still waits for."""
        if self._stalled:
            return
        heard = max(self._pushed_s - self._audio_source.queued_duration, 0.0)
        unfinished = self._face.segments_waiting
        if self._face.speech_waiting or self._receiver.receiving:
            unfinished += 1
        elif self._segment_open and not unfinished:
            unfinished = 1
        self._face.clear_buffer()
        self._audio_source.clear_queue()
        self._pushed_s, self._segment_open = 0.0, False
        for _ in range(unfinished):
            self._finished(heard, interrupted=True)
            heard = 0.0
