"""One avatar, in a process of its own: joins the room of its token, speaks, and leaves in time.

It leaves at once if the room is deleted, if it is removed, or if its parent process ends. It leaves
a few seconds after the agent that it speaks for has left and not come back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import AsyncIterator
from multiprocessing.connection import Connection
from typing import Any

from livekit import rtc
from livekit.agents.voice.room_io import ATTRIBUTE_PUBLISH_ON_BEHALF

from agent.core.livekit_internals.native import start_native_library
from agent.demo.providers.beyond_presence.media import SAMPLE_RATE, AvatarMedia, Link

logger = logging.getLogger("training-greeter.stand-ins")

_AGENT_GONE_S = 3.0
"""How long an avatar waits for an agent that has left its room to come back."""
_CONNECT_TIMEOUT_S = 10.0
_LEAVE_TIMEOUT_S = 3.0
_FLAP_S = 0.3
"""Long enough for the other participants to be told."""


def run_avatar(connection: Connection, *, url: str, token: str) -> None:
    """Run one avatar, then exit.

    Args:
        connection: to the stand-ins' process; see `Link`.
    """
    logging.basicConfig(level=logging.WARNING, format="avatar: %(message)s")
    start_native_library()
    link = Link(connection)
    try:
        asyncio.run(_take_part(link, url, token))
    except (EOFError, asyncio.CancelledError):
        pass  # the parent has ended, or SIGTERM came
    except Exception as e:  # the edge of this process
        link.report(why_left=f"failed: {type(e).__name__}")
        logger.exception("avatar failed", extra={"event": "avatar_failed"})
    # LiveKit's native library can hang in its exit handler once rooms have been deleted under
    # their participants (livekit 1.1.21).
    os._exit(0)


async def _take_part(link: Link, url: str, token: str) -> None:
    """Join and speak until it is time to leave, the parent ends or SIGTERM comes."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    with contextlib.suppress(NotImplementedError):  # Windows: the process is just killed
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
        # Answers are read at once, in `Link.take`: what is left to read is the end.
        loop.add_reader(link.connection.fileno(), task.cancel)
    if link.take("never-joins"):
        link.report(why_left="never joined")
        return
    if late := link.take("late"):
        await asyncio.sleep(late.value)
    if flap := link.take("flap"):
        async with _joined(link, url, token) as room:
            # LiveKit announces a participant that publishes nothing only seconds later.
            silence = rtc.AudioSource(SAMPLE_RATE, 1)
            track = rtc.LocalAudioTrack.create_audio_track("avatar_audio", silence)
            await asyncio.wait_for(room.local_participant.publish_track(track), _CONNECT_TIMEOUT_S)
            await asyncio.sleep(_FLAP_S)
            link.report(why_left="flapped", left_at=time.time())
        await asyncio.sleep(flap.value)
    async with _joined(link, url, token) as room:
        link.report(why_left=await _speak_until_gone(link, room), left_at=time.time())


@contextlib.asynccontextmanager
async def _joined(link: Link, url: str, token: str) -> AsyncIterator[rtc.Room]:
    """Join the room, and leave when the block ends."""
    room = rtc.Room()
    # It hears the agent by data streams alone and needs no microphone.
    options = rtc.RoomOptions(auto_subscribe=False)
    connecting = asyncio.create_task(room.connect(url, token, options))
    try:
        await asyncio.wait_for(asyncio.shield(connecting), _CONNECT_TIMEOUT_S)
        identity = room.local_participant.identity
        link.report(identity=identity, room=room.name, joined_at=time.time(), left_at=None)
        yield room
    finally:
        # A connection that is cancelled half-way makes LiveKit's native library end the process
        # ("timed out waiting for ReadyForRoomEventRequest", livekit 1.1.21).
        await asyncio.wait({connecting}, timeout=_CONNECT_TIMEOUT_S)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(room.disconnect(), _LEAVE_TIMEOUT_S)


async def _speak_until_gone(link: Link, room: rtc.Room) -> str:
    """Publish and speak; returns why it is time to leave."""
    loop = asyncio.get_running_loop()
    gone: asyncio.Future[str] = loop.create_future()
    agent = room.local_participant.attributes.get(ATTRIBUTE_PUBLISH_ON_BEHALF) or None
    waiting: asyncio.TimerHandle | None = None
    segments = 0

    def leave(why: str) -> None:
        if not gone.done():
            gone.set_result(why)

    def on_left(participant: rtc.RemoteParticipant) -> None:
        nonlocal waiting
        if participant.identity == agent:
            waiting = loop.call_later(_AGENT_GONE_S, leave, "the agent left")

    def on_joined(participant: rtc.RemoteParticipant) -> None:
        if participant.identity == agent and waiting:
            waiting.cancel()

    def on_speech() -> None:
        nonlocal segments
        segments += 1
        link.report(segments=segments)
        if fault := link.take("leaves-speaking"):
            loop.call_later(fault.value, leave, "fault: left while speaking")

    room.on("disconnected", lambda reason: leave(rtc.DisconnectReason.Name(reason).lower()))
    room.on("participant_disconnected", on_left)
    room.on("participant_connected", on_joined)
    if fault := link.take("leaves"):
        loop.call_later(fault.value, leave, "fault: left")
    if not room.isconnected():
        leave("disconnected")
    if agent and agent not in room.remote_participants:
        # A token outlives its room: an avatar that joins late would be alone in a new room.
        waiting = loop.call_later(_AGENT_GONE_S, leave, "the agent was not there")
    media = AvatarMedia(room, agent=agent, link=link, on_speech=on_speech)
    performing = asyncio.create_task(media.run())
    first: set[asyncio.Future[Any]] = {performing, gone}
    await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
    if not gone.done():
        performing.result()
        return "its media ended"
    performing.cancel()
    return gone.result()
