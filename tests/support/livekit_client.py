"""A LiveKit client that joins, listens, speaks and types."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import wave
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from livekit import rtc
from livekit.rtc._ffi_client import FfiClient

from agent.core.livekit_internals.native import start_native_library
from tests.support.waiting import holds_within, until

LOUD = 300
"""RMS of int16 samples from which a frame counts as speech."""
FRAME_S = 0.02
"""Length of a received frame, as in Opus."""
_JOIN_TIMEOUT_S = 60
_RPC_TIMEOUT_S = 15
_CONTINUE_TIMEOUT_S = 45
_CONTINUE_AGAIN_S = 0.5
_LEAVE_TIMEOUT_S = 3
_SILENCE_BEFORE_SPEECH_FRAMES = 15
_MICROPHONE_OPEN_S = 60
_ECHO_BUFFER_FRAMES = 10
_SPEAKS_TIMES = 6
_RECOGNISED_S = 20.0


@dataclass
class ReceivedAudio:
    """Audio that arrived from one participant."""

    samples: list[np.ndarray] = field(default_factory=list)
    loud_at: list[float] = field(default_factory=list)
    """time.monotonic() of every loud frame."""
    rate: int = 24_000


@dataclass
class Caption:
    """One caption; its text grows while it arrives."""

    identity: str
    """Who said it."""
    began_at: float
    """time.monotonic() of the first word."""
    text: str = ""


class LiveKitClient:
    """One participant in a room."""

    def __init__(self, *, receives_video: bool = False) -> None:
        """Prepare a client that has not joined yet.

        Args:
            receives_video: decoding video costs CPU; most tests do not look at it.
        """
        start_native_library()
        self.room = rtc.Room()
        self._receives_video = receives_video
        self.audio: dict[str, ReceivedAudio] = {}
        self.video_frames: dict[str, int] = {}
        self.captions: list[tuple[str, str]] = []
        """(identity, text) of every caption that is final."""
        self.live_captions: list[Caption] = []
        """Every caption from its first word on, final or not."""
        self.left: dict[str, float] = {}
        """Identity to time.monotonic() at which that participant left."""
        self.disconnected_at: float | None = None
        self._agent_identity = ""
        """Of the latest agent in the room."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._streams: list[rtc.AudioStream | rtc.VideoStream] = []
        self.spoke_at = 0.0
        """time.monotonic() at which the first loud sample of the latest recording left."""
        self.announces_earlier_sound = False
        """Publish the microphone as if a recording from before would follow; none does."""
        self._microphone: rtc.AudioSource | None = None
        self._speaking = asyncio.Event()
        self._silence: asyncio.Task[None] | None = None
        """Sends silence between two recordings."""
        self.room.on("track_published", self._on_published)
        # A subscription that is asked for while the connection is being restored is lost.
        self.room.on("reconnected", self._subscribe_to_all)
        self.room.on("track_subscribed", self._on_track)
        self.room.on("participant_disconnected", self._on_left)
        self.room.on("disconnected", self._on_disconnected)
        self.room.register_text_stream_handler("lk.transcription", self._on_text)

    async def join(self, url: str, token: str) -> None:
        options = rtc.RoomOptions(auto_subscribe=self._receives_video)
        await asyncio.wait_for(self.room.connect(url, token, options), _JOIN_TIMEOUT_S)
        self._subscribe_to_all()

    async def leave(self) -> None:
        await _within(self.room.disconnect(), _LEAVE_TIMEOUT_S)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # A stream that stays open receives every frame of every later client too.
        streams, self._streams = self._streams, []
        await asyncio.gather(*(_within(s.aclose(), _LEAVE_TIMEOUT_S) for s in streams))
        if self._microphone is not None:
            await _within(self._microphone.aclose(), _LEAVE_TIMEOUT_S)
            self._microphone = None

    @property
    def agent(self) -> rtc.RemoteParticipant | None:
        return self._participant_with("greeting.greeter")

    @property
    def avatar(self) -> rtc.RemoteParticipant | None:
        return self._participant_with("lk.publish_on_behalf")

    def _participant_with(self, attribute: str) -> rtc.RemoteParticipant | None:
        participants = self.room.remote_participants.values()
        return next((p for p in participants if attribute in p.attributes), None)

    def first_sound(self, after: float = 0.0) -> tuple[float, str] | None:
        """Return when sound was first heard after a moment, and from which identity."""
        found = [
            (at, identity)
            for identity, audio in self.audio.items()
            for at in audio.loud_at
            if at > after
        ]
        return min(found) if found else None

    async def hears(self, after: float, timeout: float = 60) -> tuple[float, str]:
        """Wait for sound after a moment; return as `first_sound` does."""
        await until(lambda: self.first_sound(after) is not None, timeout, "no sound was heard")
        found = self.first_sound(after)
        assert found is not None
        return found

    async def silence(self, for_s: float = 1.0, timeout: float = 90) -> None:
        """Wait until no participant has made a sound for a while."""

        def quiet() -> bool:
            last = max((at for a in self.audio.values() for at in a.loud_at[-1:]), default=0.0)
            return time.monotonic() - last > for_s

        await until(quiet, timeout, "it did not become quiet")

    def said(self, identity: str) -> str:
        """Return the final captions of one participant as one text."""
        return " ".join(text for who, text in self.captions if who == identity)

    @property
    def agent_said(self) -> str:
        """The final captions of the latest agent as one text; empty if none has joined yet."""
        if (agent := self.agent) is not None:
            self._agent_identity = agent.identity
        return self.said(self._agent_identity)

    @property
    def me(self) -> str:
        """The identity of this client, under which its recognised words are shown."""
        return self.room.local_participant.identity

    async def say_until_recognised(self, recording: Path, *words: str) -> float:
        """Speak a recording until the captions of this client have one of the words.

        On a busy machine, the stand-in of speech recognition may miss its time limit. The agent
        then asks the trainee to say it again.

        Returns:
            What `say` returned the last time.

        Raises:
            AssertionError: the words were not recognised in six attempts.
        """
        for _ in range(_SPEAKS_TIMES):
            said_until = await self.say(recording)
            if await holds_within(
                lambda: any(word in self.said(self.me).lower() for word in words), _RECOGNISED_S
            ):
                return said_until
        raise AssertionError(f"none of {words} is in {self.said(self.me)!r}")

    async def say(self, recording: Path) -> float:
        """Speak a recording; return time.monotonic() at which its last loud sample leaves.

        That is up to 0.1 s in the future, because the microphone has a queue.
        """
        with wave.open(str(recording)) as file:
            rate, channels = file.getframerate(), file.getnchannels()
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)[::channels]
        if self._microphone is None:
            self._microphone = rtc.AudioSource(rate, 1, queue_size_ms=100)
            track = rtc.LocalAudioTrack.create_audio_track("microphone", self._microphone)
            options = rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_MICROPHONE,
                preconnect_buffer=self.announces_earlier_sound,
            )
            published = await self.room.local_participant.publish_track(track, options)
            # LiveKit keeps no audio for an agent that has not subscribed yet.
            await asyncio.wait_for(published.wait_for_subscription(), _JOIN_TIMEOUT_S)
        frame = rate // 50
        silence = np.zeros(frame, np.int16)
        if self._silence is not None:
            # AudioSource refuses a second frame while one is being captured.
            self._speaking.set()
            await self._silence
        self._speaking.clear()
        for _ in range(_SILENCE_BEFORE_SPEECH_FRAMES):
            await self._capture(silence, rate)
        ended, began = time.monotonic(), False
        for start in range(0, len(samples) - frame, frame):
            chunk = samples[start : start + frame]
            await self._capture(chunk, rate)
            if np.sqrt(np.mean(chunk.astype(np.float64) ** 2)) > LOUD:
                ended = time.monotonic() + self._microphone.queued_duration
                if not began:
                    began, self.spoke_at = True, ended - frame / rate
        self._silence = self._start(self._send_silence(rate, silence))
        return ended

    def echo(self, loudness: float) -> None:
        """Play what is heard into the microphone from now on, as without echo cancellation."""
        self._start(self._echo(loudness))

    async def _echo(self, loudness: float) -> None:
        rate = ReceivedAudio.rate
        self._microphone = rtc.AudioSource(rate, 1, queue_size_ms=100)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self._microphone)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self.room.local_participant.publish_track(track, options)
        played: dict[str, int] = {}
        waiting: dict[str, np.ndarray] = {}
        playing: set[str] = set()
        frame = rate // 50
        while True:
            sound = np.zeros(frame, np.float64)
            for identity, audio in list(self.audio.items()):
                position = played.setdefault(identity, len(audio.samples))
                played[identity] = len(audio.samples)
                kept = waiting.get(identity, np.zeros(0, np.int16))
                ready = np.concatenate([kept, *audio.samples[position:]])
                # A player has a buffer, too: on a busy machine, audio arrives in bursts.
                if len(ready) >= (frame if identity in playing else _ECHO_BUFFER_FRAMES * frame):
                    playing.add(identity)
                    sound += ready[:frame]
                    ready = ready[frame:]
                else:
                    playing.discard(identity)
                waiting[identity] = ready
            await self._capture((sound * loudness).astype(np.int16), rate)

    async def _send_silence(self, rate: int, silence: np.ndarray) -> None:
        for _ in range(50 * _MICROPHONE_OPEN_S):
            if self._speaking.is_set():
                return
            await self._capture(silence, rate)

    async def _capture(self, chunk: np.ndarray, rate: int) -> None:
        assert self._microphone is not None
        frame = rtc.AudioFrame(chunk.tobytes(), rate, 1, len(chunk))
        await self._microphone.capture_frame(frame)

    async def type(self, text: str) -> None:
        await self.room.local_participant.send_text(text, topic="lk.chat")

    async def rpc(self, method: str, payload: object) -> str:
        await until(lambda: self.agent is not None, _JOIN_TIMEOUT_S, "no agent joined")
        assert self.agent is not None
        return await self.room.local_participant.perform_rpc(
            destination_identity=self.agent.identity,
            method=method,
            payload=json.dumps(payload),
            response_timeout=_RPC_TIMEOUT_S,
        )

    async def press_continue(self) -> None:
        """End the greeting as the page's Continue does.

        The room may be deleted before the answer arrives, and a call may be lost on a busy machine.
        The page would call the token endpoint, too.
        """
        await until(lambda: self.agent or self.disconnected_at, _JOIN_TIMEOUT_S, "no agent joined")
        deadline = time.monotonic() + _CONTINUE_TIMEOUT_S
        while self.agent and self.disconnected_at is None and time.monotonic() < deadline:
            with contextlib.suppress(rtc.RpcError):
                if await self.rpc("end_greeting", {"reason": "continue"}) == "ok":
                    return
            await asyncio.sleep(_CONTINUE_AGAIN_S)

    def _subscribe_to_all(self) -> None:
        for participant in self.room.remote_participants.values():
            for publication in participant.track_publications.values():
                self._on_published(publication, participant)

    def _on_published(
        self, publication: rtc.RemoteTrackPublication, _: rtc.RemoteParticipant
    ) -> None:
        if publication.kind == rtc.TrackKind.KIND_AUDIO and not publication.subscribed:
            publication.set_subscribed(True)

    def _on_track(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        participant: rtc.RemoteParticipant,
    ) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            self._start(self._receive_audio(track, participant.identity))
        else:
            self._start(self._receive_video(track, participant.identity))

    async def _receive_audio(self, track: rtc.Track, identity: str) -> None:
        audio = self.audio.setdefault(identity, ReceivedAudio())
        stream = rtc.AudioStream(
            track, sample_rate=audio.rate, num_channels=1, frame_size_ms=round(1000 * FRAME_S)
        )
        _wake_for_own_frames(stream)
        self._streams.append(stream)
        async for event in stream:
            samples = np.frombuffer(event.frame.data, np.int16)
            audio.samples.append(samples)
            if np.sqrt(np.mean(samples.astype(np.float64) ** 2)) > LOUD:
                audio.loud_at.append(time.monotonic())

    async def _receive_video(self, track: rtc.Track, identity: str) -> None:
        stream = rtc.VideoStream(track)
        self._streams.append(stream)
        async for _ in stream:
            self.video_frames[identity] = self.video_frames.get(identity, 0) + 1

    def _on_left(self, participant: rtc.RemoteParticipant) -> None:
        self.left[participant.identity] = time.monotonic()

    def _on_disconnected(self, *_: object) -> None:
        self.disconnected_at = time.monotonic()

    def _on_text(self, reader: rtc.TextStreamReader, identity: str) -> None:
        self._start(self._receive_text(reader, identity))

    async def _receive_text(self, reader: rtc.TextStreamReader, identity: str) -> None:
        caption = None
        try:
            async for piece in reader:
                if caption is None and piece.strip():
                    caption = Caption(identity, time.monotonic())
                    self.live_captions.append(caption)
                if caption is not None:
                    caption.text += piece
        except rtc.StreamError:
            return  # its sender left before the end
        text = caption.text if caption else ""
        if (reader.info.attributes or {}).get("lk.transcription_final") == "true":
            self.captions.append((identity, text))

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _wake_for_own_frames(stream: rtc.AudioStream) -> None:
    """Let a stream wait for its own frames only.

    Each frame of any stream wakes up all streams of the process (livekit 1.1.21). Ten clients that
    receive two tracks each would use half a core for that alone.
    """
    frames = FfiClient.instance.queue
    frames.unsubscribe(stream._ffi_queue)
    stream._ffi_queue = frames.subscribe(filter_fn=stream._is_event)


async def _within(closing: Coroutine[None, None, None], timeout_s: float) -> None:
    """Close something of the native library; give up if it never reports the end.

    On a busy machine AudioStream.aclose() of livekit 1.1.21 sometimes waits forever for an event.
    """
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(closing, timeout_s)
