"""The trainee in the room: joining, leaving, and coming back.

After leaving on purpose there is a grace period. After a lost connection LiveKit has already waited
about 20 s.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from livekit import rtc
from livekit.agents.voice.room_io import ATTRIBUTE_PUBLISH_ON_BEHALF

from agent.core import end_reasons
from agent.core.events import EndRequested, Events, MicrophoneSwitched, TraineeJoined, TraineeLeft
from agent.core.log import logger
from agent.room.contract import ATTRIBUTE_CLIENT, CLIENT_AVATAR_GREETING

_RECONNECT_GRACE_S: Final = 3.0
"""A client whose connection was lost joins again within this time, or not at all."""


class Trainee:
    """The first human participant of the room; any other participant is ignored.

    Emits `TraineeJoined`, `TraineeLeft` and `MicrophoneSwitched`, and requests the end of the
    greeting if the trainee does not come back or the room is closed.
    """

    def __init__(self, room: rtc.Room, events: Events, *, return_grace_s: float) -> None:
        """Watch the room. `return_grace_s` is how long a trainee who leaves may stay away."""
        self._room = room
        self._events = events
        self._return_grace_s = return_grace_s
        self._joined: asyncio.Future[rtc.RemoteParticipant] = (
            asyncio.get_running_loop().create_future()
        )
        self._grace: asyncio.TimerHandle | None = None
        self.joined_at = 0.0
        """When the trainee joined last, on the monotonic clock."""
        self.absent = asyncio.Event()
        """Set while the trainee is not in the room."""
        self.present = asyncio.Event()
        """Set while the trainee is in the room."""
        self.absent.set()
        room.on("disconnected", lambda *_: events.emit(EndRequested(end_reasons.ROOM_CLOSED)))

    def watch(self) -> None:
        """Start to emit events, first for a trainee who is already in the room."""
        self._room.on("participant_connected", self._on_connected)
        self._room.on("participant_disconnected", self._on_disconnected)
        self._room.on("track_muted", self._on_switched)
        self._room.on("track_unmuted", self._on_switched)
        for participant in list(self._room.remote_participants.values()):
            self._on_connected(participant)

    @property
    def identity(self) -> str | None:
        """The trainee's identity; None until they have joined."""
        return self._joined.result().identity if self._joined.done() else None

    @property
    def uses_our_page(self) -> bool:
        """True if the trainee's client is our page, which reports what it can hear."""
        client = self._joined.result().attributes.get(ATTRIBUTE_CLIENT)
        return client == CLIENT_AVATAR_GREETING

    @property
    def is_muted(self) -> bool:
        participant = self._room.remote_participants.get(self.identity or "")
        tracks = participant.track_publications.values() if participant else ()
        microphones = [track for track in tracks if track.kind == rtc.TrackKind.KIND_AUDIO]
        return bool(microphones) and all(track.muted for track in microphones)

    async def wait_for_join(self, timeout_s: float) -> rtc.RemoteParticipant:
        """Wait until the trainee has joined the room; raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            return await asyncio.shield(self._joined)

    def _on_connected(self, participant: rtc.RemoteParticipant) -> None:
        if not is_human(participant):
            return
        if not self._joined.done():
            self._joined.set_result(participant)
        if participant.identity != self.identity:
            return
        self.joined_at = time.monotonic()
        self.absent.clear()
        self.present.set()
        returned = self._grace is not None
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None
            logger.info("trainee came back", extra={"event": "trainee_returned"})
        self._events.emit(TraineeJoined(returned=returned))

    def _on_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity != self.identity:
            return
        on_purpose = participant.disconnect_reason == rtc.DisconnectReason.CLIENT_INITIATED
        # If the page was opened in another tab, LiveKit closes the first connection before the
        # second one is complete.
        moving = participant.disconnect_reason == rtc.DisconnectReason.DUPLICATE_IDENTITY
        grace_s = self._return_grace_s if on_purpose or moving else _RECONNECT_GRACE_S
        reason = end_reasons.TRAINEE_LEFT if on_purpose else end_reasons.CONNECTION_LOST
        logger.info(
            "trainee left the room",
            extra={"event": "trainee_left", "reason": reason, "grace_s": grace_s},
        )
        self.absent.set()
        self.present.clear()
        if self._grace is not None:
            self._grace.cancel()
        loop = asyncio.get_running_loop()
        self._grace = loop.call_later(grace_s, self._after_grace, reason)
        self._events.emit(TraineeLeft())

    def _on_switched(self, participant: rtc.Participant, _: rtc.TrackPublication) -> None:
        if participant.identity == self.identity:
            self._events.emit(MicrophoneSwitched())

    def _after_grace(self, reason: str) -> None:
        if self.identity not in self._room.remote_participants:
            self._events.emit(EndRequested(reason))


def is_human(participant: rtc.RemoteParticipant) -> bool:
    """True unless the participant is an agent, an avatar or a recorder."""
    return (
        participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
        and ATTRIBUTE_PUBLISH_ON_BEHALF not in participant.attributes
    )
