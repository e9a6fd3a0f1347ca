"""The avatar's media in its room, and the link to the stand-ins' process.

It does not use livekit-agents' `AvatarRunner` (1.8.9). That class publishes video only after a
participant has subscribed to the sound, so an avatar without a trainee would never appear. It also
miscounts queued segments.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import os
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from livekit import rtc
from livekit.agents.utils.aio import TaskSet
from livekit.agents.voice.avatar import AudioSegmentEnd, DataStreamAudioReceiver

from agent.demo.providers.beyond_presence.face import FPS, FRAME_S, SIZE, TalkingFace
from agent.demo.providers.faults import Fault

SAMPLE_RATE = 16_000
"""What the plugin sends and Beyond Presence plays."""
_QUEUE_MS = 120
"""Nearly two frames, so that a busy machine plays no gaps; the picture is ahead by as much."""
_PICTURE_EVERY = int(os.environ.get("STAND_IN_PICTURE_EVERY", "1"))
"""Frames per picture. Only tests set it: fewer pictures take less CPU time."""
_ENCODING = rtc.VideoEncoding(max_bitrate=800_000, max_framerate=FPS)
_SOUND_BITRATE = 64_000
"""Opus needs less CPU time from here on."""
_START_TIMEOUT_S = 10.0
_HANGS_S = 600.0
"""Longer than any caller waits for an answer."""


class Link:
    """The avatar's end of the pipe to the stand-ins' process: a tuple asks, a dict reports."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def take(self, *names: str) -> Fault | None:
        """The fault to show now; see `Faults.take`. Waits for the answer, about 0.1 ms.

        Raises:
            EOFError: the stand-ins' process has ended.
        """
        try:
            self.connection.send(names)
            fault: Fault | None = self.connection.recv()
        except OSError as e:
            raise EOFError from e
        return fault

    def report(self, **changes: Any) -> None:
        """Change fields of the avatar's session."""
        with contextlib.suppress(OSError):  # the stand-ins' process has ended
            self.connection.send(changes)


class SpeechReceiver(DataStreamAudioReceiver):
    """The agent's speech; answers `lk.clear_buffer` with the faults that are in force."""

    def __init__(self, room: rtc.Room, *, agent: str | None, link: Link) -> None:
        super().__init__(room, sender_identity=agent, frame_size_ms=round(FRAME_S * 1000))
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
        async def clear_buffer(data: rtc.RpcInvocationData) -> str:
            if self._link.take("clear-fails"):
                raise rtc.RpcError(1500, "simulated: clear_buffer failed")
            if self._link.take("clear-hangs"):
                await asyncio.sleep(_HANGS_S)
            return handler(data)

        room.local_participant.register_rpc_method("lk.clear_buffer", clear_buffer)


class AvatarMedia:
    """Publishes at once, reports every segment once, and stops within a frame when told to.

    It is never closed: the process ends with it.
    """

    def __init__(
        self, room: rtc.Room, *, agent: str | None, link: Link, on_speech: Callable[[], None]
    ) -> None:
        self._room, self._link, self._on_speech = room, link, on_speech
        self._receiver = SpeechReceiver(room, agent=agent, link=link)
        self._speech: deque[rtc.AudioFrame | AudioSegmentEnd] = deque()
        """Received and not played yet."""
        self._face, self._black = TalkingFace(), link.take("black") is not None
        self._sound = rtc.AudioSource(SAMPLE_RATE, 1, queue_size_ms=_QUEUE_MS)
        self._picture = rtc.VideoSource(SIZE, SIZE)
        self._tasks = TaskSet()
        self._segment_open = False
        self._reported_early = False
        self._stalled = False
        self._pushed_s = 0.0
        """How much sound of the open segment has been handed to LiveKit."""

    async def run(self) -> None:
        """Publish and speak until cancelled, or until the agent's speech ends with an error."""
        async with asyncio.timeout(_START_TIMEOUT_S):
            await self._receiver.start()
            self._receiver.on("clear_buffer", self._clear)
            await self._publish()
        work = (self._read_speech(), self._send_media())
        media = [self._tasks.create_task(each) for each in work]
        ended, _ = await asyncio.wait(media, return_when=asyncio.FIRST_COMPLETED)
        ended.pop().result()

    async def _publish(self) -> None:
        """The sound first, so that it is there when the picture is."""
        sound = rtc.LocalAudioTrack.create_audio_track("avatar_audio", self._sound)
        picture = rtc.LocalVideoTrack.create_video_track("avatar_video", self._picture)
        microphone = rtc.TrackSource.SOURCE_MICROPHONE
        named = self._link.take("no-source") is None

        async def publish(
            track: rtc.LocalTrack, source: rtc.TrackSource.ValueType, after_s: float = 0
        ) -> None:
            await asyncio.sleep(after_s)
            # One size is enough for one viewer on this machine, and costs one encoder.
            options = rtc.TrackPublishOptions(simulcast=False, video_encoding=_ENCODING)
            options.audio_encoding.max_bitrate = _SOUND_BITRATE
            if named:
                options.source = source
            await self._room.local_participant.publish_track(track, options)

        if late := self._link.take("late-audio"):
            self._tasks.create_task(publish(sound, microphone, late.value))
        elif self._link.take("no-audio") is None:
            await publish(sound, microphone)
        if self._link.take("no-video") is None:
            await publish(picture, rtc.TrackSource.SOURCE_CAMERA)

    async def _read_speech(self) -> None:
        speaking = False
        async for item in self._receiver:
            is_sound = isinstance(item, rtc.AudioFrame)
            if is_sound and not speaking and self._link.take("stalls"):
                self._stalled = True
            speaking = is_sound
            if not self._stalled:
                self._speech.append(item)

    async def _send_media(self) -> None:
        """Send a picture with frames of speech, and up to `FPS` a second without speech.

        LiveKit takes the sound no faster than it is heard, which sets the pace.
        """
        now = asyncio.get_running_loop().time
        freezes = self._link.take("freezes")
        frozen_from = now() + freezes.value if freezes else math.inf
        for number in itertools.count():
            item = self._speech.popleft() if self._speech else None
            if isinstance(item, AudioSegmentEnd):
                self._end_segment()
                continue
            if item is None:
                await asyncio.sleep(FRAME_S)
            else:
                if not self._segment_open:
                    self._begin_segment()
                self._pushed_s += item.duration
                await self._sound.capture_frame(item)
            if number % _PICTURE_EVERY == 0 and now() < frozen_from:
                rgba = self._face.next_picture(item)
                rgba = bytes(len(rgba)) if self._black else rgba
                picture = rtc.VideoFrame(SIZE, SIZE, rtc.VideoBufferType.RGBA, rgba)
                self._picture.capture_frame(picture)

    def _begin_segment(self) -> None:
        self._segment_open = True
        self._on_speech()
        if self._link.take("early-finish"):
            self._report_finished(FRAME_S, interrupted=False)
            self._reported_early = True

    def _end_segment(self) -> None:
        if not self._segment_open:
            return  # the rest of a segment that was cleared
        position, self._pushed_s, self._segment_open = self._pushed_s, 0.0, False
        if not self._reported_early:
            self._tasks.create_task(self._report_when_heard(position))
        self._reported_early = False

    async def _report_when_heard(self, position: float) -> None:
        late = self._link.take("late-finish")
        await asyncio.sleep(self._sound.queued_duration + (late.value if late else 0.0))
        self._report_finished(position, interrupted=False)

    def _report_finished(self, position: float, *, interrupted: bool) -> None:
        if self._link.take("no-finish"):
            return
        for _ in range(2 if self._link.take("double-finish") else 1):
            self._receiver.notify_playback_finished(position, interrupted)

    def _clear(self) -> None:
        """Be silent now, and report every segment that the agent still waits for."""
        if self._stalled:
            return
        heard = max(self._pushed_s - self._sound.queued_duration, 0.0)
        unfinished = sum(isinstance(item, AudioSegmentEnd) for item in self._speech)
        after_last_end = bool(self._speech) and isinstance(self._speech[-1], rtc.AudioFrame)
        if after_last_end or self._receiver.receiving:
            unfinished += 1
        elif self._segment_open and not unfinished:
            unfinished = 1
        self._speech.clear()
        self._sound.clear_queue()
        self._pushed_s, self._segment_open = 0.0, False
        for _ in range(unfinished):
            self._report_finished(heard, interrupted=True)
            heard = 0.0
