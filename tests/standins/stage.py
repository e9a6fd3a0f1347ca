"""An agent and a trainee in a real room, and the wire of the pinned Beyond Presence plugin."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import aiohttp
import numpy as np
from livekit import api, rtc
from livekit.agents import APIConnectOptions
from livekit.agents.voice.avatar import DataStreamAudioOutput
from livekit.agents.voice.io import PlaybackFinishedEvent
from livekit.plugins import bey

from agent.demo.livekit_server import LiveKitServer
from tests.support.providers import Providers
from tests.support.waiting import until_answer

RATE = 16_000
TIMEOUT_S = 60.0


def token(server: LiveKitServer, room: str, identity: str, **attributes: str) -> str:
    minted = (
        api.AccessToken(server.api_key, server.api_secret)
        .with_identity(identity)
        .with_grants(api.VideoGrants(room_join=True, room=room))
        .with_attributes(attributes)
    )
    return (minted.with_kind("agent") if attributes else minted).to_jwt()


@dataclass
class Seen:
    """What the trainee saw and heard of the avatar, with the time of each frame."""

    pictures: list[tuple[float, np.ndarray]] = field(default_factory=list)
    """Luma of each picture."""
    loudness: list[tuple[float, float]] = field(default_factory=list)
    """Root mean square of each 10 ms, 0…1."""

    def loud_since(self, since: float) -> list[float]:
        return [at for at, level in self.loudness if at >= since and level > 0.02]


@dataclass
class Stage:
    """A room with an agent and a trainee."""

    name: str
    server: LiveKitServer
    agent: rtc.Room
    trainee: rtc.Room
    http: aiohttp.ClientSession
    seen: Seen = field(default_factory=Seen)
    avatar_identity: str = field(default_factory=lambda: f"avatar-{secrets.token_hex(4)}")
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    streams: list[rtc.VideoStream | rtc.AudioStream] = field(default_factory=list)
    finished: asyncio.Queue[PlaybackFinishedEvent] = field(default_factory=asyncio.Queue)

    async def ask_for_avatar(self, providers: Providers, *, key: str = "key") -> None:
        """Call the API as the locked plugin does; raises what the plugin raises."""
        session = bey.AvatarSession(
            avatar_id="maya",
            api_url=providers.environment["BEY_API_URL"],
            api_key=key,
            avatar_participant_identity=self.avatar_identity,
            conn_options=APIConnectOptions(max_retry=1, retry_interval=0.05, timeout=30),
        )
        session._http_session = self.http
        minted = token(
            self.server,
            self.name,
            self.avatar_identity,
            **{"lk.publish_on_behalf": self.agent.local_participant.identity},
        )
        await session._start_agent(self.server.url, minted)

    def output(self) -> DataStreamAudioOutput:
        """The sink that the plugin puts into the session; it waits long for reports."""
        output = DataStreamAudioOutput(
            self.agent,
            destination_identity=self.avatar_identity,
            wait_remote_track=rtc.TrackKind.KIND_VIDEO,
            sample_rate=RATE,
            clear_buffer_timeout=TIMEOUT_S,
        )
        output.on("playback_finished", self.finished.put_nowait)
        return output

    async def next_finished(self, timeout_s: float = TIMEOUT_S) -> PlaybackFinishedEvent:
        return await asyncio.wait_for(self.finished.get(), timeout_s)

    def watch(self) -> None:
        """Record what the trainee receives of the avatar from now on."""

        def on_track(track: rtc.Track, _: object, participant: rtc.RemoteParticipant) -> None:
            if participant.identity == self.avatar_identity:
                task = asyncio.create_task(self._follow(track))
                self.tasks.add(task)

        self.trainee.on("track_subscribed", on_track)

    async def _follow(self, track: rtc.Track) -> None:
        if track.kind == rtc.TrackKind.KIND_VIDEO:
            pictures = rtc.VideoStream(track, format=rtc.VideoBufferType.I420)
            self.streams.append(pictures)
            async for event in pictures:
                frame = event.frame
                luma = np.frombuffer(frame.data, np.uint8)[: frame.width * frame.height]
                picture = luma.reshape(frame.height, frame.width).astype(np.int16)
                self.seen.pictures.append((time.monotonic(), picture))
        else:
            sounds = rtc.AudioStream(track, sample_rate=RATE, num_channels=1)
            self.streams.append(sounds)
            async for heard in sounds:
                sound = np.frombuffer(heard.frame.data, np.int16).astype(np.float32) / 32768
                level = float(np.sqrt(np.mean(sound**2)))
                self.seen.loudness.append((time.monotonic(), level))

    async def see(self, holds: Callable[[Seen], bool], timeout_s: float = TIMEOUT_S) -> Seen:
        """Wait until what the trainee saw and heard holds."""

        async def enough() -> tuple[bool, str]:
            counts = f"{len(self.seen.pictures)} pictures, {len(self.seen.loudness)} x 10 ms"
            return holds(self.seen), counts

        await until_answer(enough, lambda answer: answer[0], timeout_s=timeout_s)
        return self.seen


@contextlib.asynccontextmanager
async def room(
    server: LiveKitServer, http: aiohttp.ClientSession, *, agent: str = ""
) -> AsyncIterator[Stage]:
    """Make a room and delete it afterwards."""
    name = f"room-{secrets.token_hex(4)}"
    agent_room, trainee_room = rtc.Room(), rtc.Room()
    agent_identity = agent or f"agent-{secrets.token_hex(4)}"
    async with asyncio.timeout(TIMEOUT_S):
        kind = {"lk.agent.state": "listening"}
        await agent_room.connect(server.url, token(server, name, agent_identity, **kind))
        await trainee_room.connect(server.url, token(server, name, "trainee"))
    stage = Stage(name=name, server=server, agent=agent_room, trainee=trainee_room, http=http)
    try:
        yield stage
    finally:
        for task in stage.tasks:
            task.cancel()
        await asyncio.gather(*stage.tasks, return_exceptions=True)
        for stream in stage.streams:
            await stream.aclose()
        await delete_room(stage)
        await asyncio.gather(agent_room.disconnect(), trainee_room.disconnect())


async def delete_room(stage: Stage) -> None:
    async with api.LiveKitAPI(
        stage.server.url.replace("ws", "http", 1), stage.server.api_key, stage.server.api_secret
    ) as lkapi:
        with contextlib.suppress(api.TwirpError):
            await lkapi.room.delete_room(api.DeleteRoomRequest(room=stage.name))


async def remove_avatar(stage: Stage) -> None:
    async with api.LiveKitAPI(
        stage.server.url.replace("ws", "http", 1), stage.server.api_key, stage.server.api_secret
    ) as lkapi:
        await lkapi.room.remove_participant(
            api.RoomParticipantIdentity(room=stage.name, identity=stage.avatar_identity)
        )


def speech_like(seconds: float) -> list[rtc.AudioFrame]:
    """Loud and soft by turns, four times a second, in frames of 20 ms at 16 kHz."""
    at = np.arange(int(RATE * seconds)) / RATE
    sound = 0.4 * np.sin(2 * np.pi * 220 * at) * (np.sin(2 * np.pi * 4 * at) > -0.2)
    samples = (sound * 32767).astype(np.int16)
    step = RATE // 50
    return [
        rtc.AudioFrame(samples[i : i + step].tobytes(), RATE, 1, step)
        for i in range(0, len(samples) - step + 1, step)
    ]


async def say(output: DataStreamAudioOutput, frames: list[rtc.AudioFrame]) -> None:
    for frame in frames:
        await output.capture_frame(frame)
    output.flush()
