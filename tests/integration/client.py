"""A LiveKit client that is not our page: joins, listens, speaks, types; nothing of ours in it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import wave
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from livekit import rtc

LOUD = 300
"""RMS of int16 samples that counts as somebody speaking."""


@dataclass
class Heard:
    """Sound as it arrived from one participant."""

    samples: list[np.ndarray] = field(default_factory=list)
    loud_at: list[float] = field(default_factory=list)
    """time.monotonic() of every loud frame."""
    rate: int = 24_000


@dataclass
class Caption:
    """One caption from its first word on; the text grows as it comes."""

    who: str
    began_at: float
    """time.monotonic()"""
    text: str = ""


class Client:
    """One participant."""

    def __init__(self, *, looks: bool = True) -> None:
        """Args:
        looks: False: pictures are not fetched, so that many clients fit on a small machine.
        """
        self.room = rtc.Room()
        self._looks = looks
        self.heard: dict[str, Heard] = {}
        self.video_frames: dict[str, int] = {}
        self.captions: list[tuple[str, str]] = []
        """(identity, final text)"""
        self.reads: list[Caption] = []
        """Every caption as soon as it is there to be read, also what is not final."""
        self.left: dict[str, float] = {}
        """identity -> time.monotonic() when it left"""
        self.disconnected_at: float | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._streams: list[rtc.AudioStream | rtc.VideoStream] = []
        self._mic: rtc.AudioSource | None = None
        self._speaking = asyncio.Event()
        self._quiet: asyncio.Task[None] | None = None
        """What the microphone sends between two recordings."""
        self.room.on("track_subscribed", self._on_track)
        self.room.on("participant_disconnected", self._on_left)
        self.room.on("disconnected", self._on_disconnected)
        self.room.register_text_stream_handler("lk.transcription", self._on_text)

    async def join(self, url: str, token: str) -> None:
        await asyncio.wait_for(self.room.connect(url, token), 10)

    async def leave(self) -> None:
        await self.room.disconnect()
        held = list(self._tasks)
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)
        # What is left open goes on being told of every frame that any later client hears.
        await asyncio.gather(*(stream.aclose() for stream in self._streams))
        self._streams.clear()
        if self._mic is not None:
            await self._mic.aclose()
            self._mic = None

    @property
    def agent(self) -> rtc.RemoteParticipant | None:
        """The greeter's seat."""
        return next(
            (
                p
                for p in self.room.remote_participants.values()
                if "greeting.greeter" in p.attributes
            ),
            None,
        )

    @property
    def avatar(self) -> rtc.RemoteParticipant | None:
        return next(
            (
                p
                for p in self.room.remote_participants.values()
                if "lk.publish_on_behalf" in p.attributes
            ),
            None,
        )

    def first_sound(self, after: float = 0.0) -> tuple[float, str] | None:
        """When, and from whom, sound was first heard after a moment."""
        found = [(t, who) for who, h in self.heard.items() for t in h.loud_at if t > after]
        return min(found) if found else None

    async def hears(self, after: float, timeout: float = 15) -> tuple[float, str]:
        await until(lambda: self.first_sound(after) is not None, timeout, "no sound was heard")
        found = self.first_sound(after)
        assert found is not None
        return found

    async def silence(self, for_s: float = 1.0, timeout: float = 40) -> None:
        """Wait until nobody has spoken for a while."""

        def quiet() -> bool:
            last = max((t for h in self.heard.values() for t in h.loud_at[-1:]), default=0.0)
            return time.monotonic() - last > for_s

        await until(quiet, timeout, "it never became quiet")

    def said(self, identity: str) -> str:
        """All captions of one participant."""
        return " ".join(text for who, text in self.captions if who == identity)

    async def say(self, recording: Path) -> float:
        """Speak a recording; returns time.monotonic() at its last loud sample."""
        with wave.open(str(recording)) as w:
            rate, channels = w.getframerate(), w.getnchannels()
            samples = np.frombuffer(w.readframes(w.getnframes()), np.int16)[::channels]
        if self._mic is None:
            self._mic = rtc.AudioSource(rate, 1, queue_size_ms=100)
            track = rtc.LocalAudioTrack.create_audio_track("microphone", self._mic)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
            await self.room.local_participant.publish_track(track, options)
        silence = np.zeros(rate // 50, np.int16)
        if self._quiet is not None:
            # To its end: a frame may be on its way, and two at a time are refused.
            self._speaking.set()
            await self._quiet
        self._speaking.clear()
        for _ in range(15):
            await self._push(silence, rate)
        step = rate // 50
        ended = time.monotonic()
        for start in range(0, len(samples) - step, step):
            chunk = samples[start : start + step]
            await self._push(chunk, rate)
            if np.sqrt(np.mean(chunk.astype(np.float64) ** 2)) > LOUD:
                ended = time.monotonic()
        self._quiet = self._hold(self._stay_quiet(rate, silence))
        return ended

    async def _stay_quiet(self, rate: int, silence: np.ndarray) -> None:
        for _ in range(50 * 60):
            if self._speaking.is_set():
                return
            await self._push(silence, rate)

    async def _push(self, chunk: np.ndarray, rate: int) -> None:
        assert self._mic is not None
        frame = rtc.AudioFrame(chunk.tobytes(), rate, 1, len(chunk))
        await self._mic.capture_frame(frame)

    async def type(self, text: str) -> None:
        await self.room.local_participant.send_text(text, topic="lk.chat")

    async def rpc(self, method: str, payload: object) -> str:
        assert self.agent is not None
        return await self.room.local_participant.perform_rpc(
            destination_identity=self.agent.identity,
            method=method,
            payload=json.dumps(payload),
            response_timeout=5,
        )

    async def goes_on(self) -> None:
        """End it as Continue does; the room may be closed before the answer has come."""
        with contextlib.suppress(rtc.RpcError):
            await self.rpc("end_greeting", {"reason": "continue"})

    def _on_track(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        participant: rtc.RemoteParticipant,
    ) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            self._hold(self._listen(track, participant.identity))
        elif self._looks:
            self._hold(self._watch(track, participant.identity))
        else:
            publication.set_subscribed(False)

    async def _listen(self, track: rtc.Track, identity: str) -> None:
        heard = self.heard.setdefault(identity, Heard())
        stream = rtc.AudioStream(track, sample_rate=heard.rate, num_channels=1)
        self._streams.append(stream)
        async for event in stream:
            samples = np.frombuffer(event.frame.data, np.int16)
            heard.samples.append(samples)
            if np.sqrt(np.mean(samples.astype(np.float64) ** 2)) > LOUD:
                heard.loud_at.append(time.monotonic())

    async def _watch(self, track: rtc.Track, identity: str) -> None:
        stream = rtc.VideoStream(track)
        self._streams.append(stream)
        async for _ in stream:
            self.video_frames[identity] = self.video_frames.get(identity, 0) + 1

    def _on_left(self, participant: rtc.RemoteParticipant) -> None:
        self.left[participant.identity] = time.monotonic()

    def _on_disconnected(self, *_: object) -> None:
        self.disconnected_at = time.monotonic()

    def _on_text(self, reader: rtc.TextStreamReader, identity: str) -> None:
        self._hold(self._read(reader, identity))

    async def _read(self, reader: rtc.TextStreamReader, identity: str) -> None:
        caption = None
        try:
            async for piece in reader:
                if caption is None and piece.strip():
                    caption = Caption(identity, time.monotonic())
                    self.reads.append(caption)
                if caption is not None:
                    caption.text += piece
        except rtc.StreamError:
            return  # its sender left in the middle of it
        text = caption.text if caption else ""
        if (reader.info.attributes or {}).get("lk.transcription_final") == "true":
            self.captions.append((identity, text))

    def _hold(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def until(condition: Callable[[], bool], timeout: float, otherwise: str) -> None:
    """Wait for a condition that changes outside our reach.

    Raises:
        AssertionError: with `otherwise`, when it did not come true in time.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{otherwise} within {timeout:g} s")
        await asyncio.sleep(0.02)
