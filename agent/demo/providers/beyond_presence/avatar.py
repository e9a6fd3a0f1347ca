"""One simulated avatar: it joins the room it was given a token for, speaks, and leaves in time.

It is gone at once when the room is deleted or it is removed, and a few seconds after the agent it
speaks for has gone for good. Nothing is left behind: no task, no thread, no room.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from livekit import rtc
from livekit.agents.voice.room_io import ATTRIBUTE_PUBLISH_ON_BEHALF
from livekit.rtc.participant import PublishTrackError

from agent.demo.providers.beyond_presence import face
from agent.demo.providers.beyond_presence.media import SAMPLE_RATE, SpeechReceiver, TalkingAvatar
from agent.demo.providers.beyond_presence.talking_face import TalkingFace
from agent.demo.providers.faults import Faults

logger = logging.getLogger("training-greeter.stand-ins")

AGENT_GONE_S = 3.0
"""How long an avatar waits for an agent that has left its room to come back."""
_CONNECT_TIMEOUT_S = 10.0
_AGENT_TIMEOUT_S = 10.0
_LEAVE_TIMEOUT_S = 3.0
_FLAP_S = 0.3
"""Long enough for the others in the room to be told."""


@dataclass
class AvatarSession:
    """One paid session, as `GET /sessions` shows it."""

    id: str
    avatar_id: str
    created_at: float
    """Seconds since the epoch, as all times here."""
    identity: str = ""
    """The avatar's in the room; empty until it has joined."""
    room: str = ""
    joined_at: float | None = None
    left_at: float | None = None
    why_left: str = ""
    segments: int = 0
    """Speeches it has begun to play."""
    claims: dict[str, Any] = field(default_factory=dict)
    """What the token it was given says (lifetime, grants, attributes); never the token."""

    def as_json(self) -> dict[str, Any]:
        """With `seconds`: what the provider would bill up to now."""
        joined, left = self.joined_at, self.left_at
        seconds = 0.0 if joined is None else (left or time.time()) - joined
        return {**vars(self), "seconds": round(seconds, 3)}


async def take_part(session: AvatarSession, *, url: str, token: str, faults: Faults) -> None:
    """Be this session's avatar until it has to leave; failures are logged, and end it."""
    if faults.take("bey", "never-joins"):
        session.why_left = "never joined"
        return
    if late := faults.take("bey", "late"):
        await asyncio.sleep(late.value)
    try:
        if flap := faults.take("bey", "flap"):
            async with _joined(session, url, token) as room:
                await _publish_silence(room)
                await asyncio.sleep(_FLAP_S)
                session.why_left = "flapped"
            await asyncio.sleep(flap.value)
        async with _joined(session, url, token) as room:
            session.why_left = await _speak_until_gone(session, room, faults)
    except (rtc.ConnectError, PublishTrackError, TimeoutError, RuntimeError, ValueError) as e:
        session.why_left = f"failed: {type(e).__name__}"
        logger.warning("avatar failed", extra={"session": session.id, "error": str(e)})


async def _publish_silence(room: rtc.Room) -> None:
    """A participant that publishes nothing is announced to the others only seconds later."""
    source = rtc.AudioSource(SAMPLE_RATE, 1)
    track = rtc.LocalAudioTrack.create_audio_track("avatar_audio", source)
    await asyncio.wait_for(room.local_participant.publish_track(track), _CONNECT_TIMEOUT_S)


@contextlib.asynccontextmanager
async def _joined(session: AvatarSession, url: str, token: str) -> AsyncIterator[rtc.Room]:
    room = rtc.Room()
    # It hears the agent by data streams alone; nobody's microphone is fetched.
    options = rtc.RoomOptions(auto_subscribe=False)
    connecting = asyncio.create_task(room.connect(url, token, options))
    try:
        await asyncio.wait_for(asyncio.shield(connecting), _CONNECT_TIMEOUT_S)
        session.identity, session.room = room.local_participant.identity, room.name
        session.joined_at, session.left_at = session.joined_at or time.time(), None
        yield room
    finally:
        # A connection that is given up half-way makes LiveKit's native library end the whole
        # process ("timed out waiting for ReadyForRoomEventRequest", livekit 1.1.21).
        await asyncio.wait({connecting}, timeout=_CONNECT_TIMEOUT_S)
        if session.joined_at is not None:
            session.left_at = time.time()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE_TIMEOUT_S):
                await room.disconnect()


async def _speak_until_gone(session: AvatarSession, room: rtc.Room, faults: Faults) -> str:
    """Publish and speak; returns why it is time to leave."""
    loop = asyncio.get_running_loop()
    gone: asyncio.Future[str] = loop.create_future()
    timers: list[asyncio.TimerHandle] = []

    def leave(why: str) -> None:
        if not gone.done():
            gone.set_result(why)

    def leave_after(seconds: float, why: str) -> asyncio.TimerHandle:
        timers.append(loop.call_later(seconds, leave, why))
        return timers[-1]

    agent = room.local_participant.attributes.get(ATTRIBUTE_PUBLISH_ON_BEHALF) or None
    waiting: asyncio.TimerHandle | None = None

    def on_left(participant: rtc.RemoteParticipant) -> None:
        nonlocal waiting
        if participant.identity == agent:
            waiting = leave_after(AGENT_GONE_S, "the agent left")

    def on_came(participant: rtc.RemoteParticipant) -> None:
        if participant.identity == agent and waiting:
            waiting.cancel()

    def on_speech() -> None:
        session.segments += 1
        if fault := faults.take("bey", "leaves-speaking"):
            leave_after(fault.value, "fault: left while speaking")

    room.on("disconnected", lambda reason: leave(rtc.DisconnectReason.Name(reason).lower()))
    room.on("participant_disconnected", on_left)
    room.on("participant_connected", on_came)
    if fault := faults.take("bey", "leaves"):
        leave_after(fault.value, "fault: left")

    sprites = await asyncio.to_thread(face.render)
    avatar = TalkingAvatar(
        room,
        receiver=SpeechReceiver(room, sender_identity=agent, faults=faults),
        face=TalkingFace(sprites, black=faults.take("bey", "black") is not None),
        faults=faults,
        on_speech=on_speech,
    )
    if not room.isconnected():
        leave("disconnected")
    if agent and agent not in room.remote_participants:
        # A token outlives its room: joining late would sit alone in a room made anew.
        waiting = leave_after(AGENT_GONE_S, "the agent was not there")

    async def perform() -> str:
        async with asyncio.timeout(_AGENT_TIMEOUT_S):
            await avatar.start()
        await avatar.wait_for_complete()
        return "its media ended"

    performing = asyncio.create_task(perform())
    try:
        await asyncio.wait({performing, gone}, return_when=asyncio.FIRST_COMPLETED)
        return gone.result() if gone.done() else performing.result()
    finally:
        for timer in timers:
            timer.cancel()
        performing.cancel()
        await asyncio.gather(performing, return_exceptions=True)
        await avatar.aclose()
