"""A fake room; the test adds and removes participants."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from livekit import rtc
from livekit.agents.voice.room_io import ATTRIBUTE_PUBLISH_ON_BEHALF

from agent.room.contract import ATTRIBUTE_CLIENT, CLIENT_AVATAR_GREETING

OURS = {ATTRIBUTE_CLIENT: CLIENT_AVATAR_GREETING}
"""The attributes of a trainee on our own page."""


class FakeRoom(rtc.EventEmitter[Any]):
    """The part of `rtc.Room` that a greeting uses."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "training-session-s"
        self.id = "RM_1"
        self.connected = True
        self.remote_participants: dict[str, Any] = {}
        self.methods: dict[str, Callable[..., Any]] = {}
        self.attributes: dict[str, str] = {}
        self.responses_lost = False
        self.local_participant = SimpleNamespace(
            identity="agent",
            attributes=self.attributes,
            register_rpc_method=self.methods.__setitem__,
            set_attributes=self._set_attributes,
        )

    @property
    async def sid(self) -> str:
        return self.id

    def isconnected(self) -> bool:
        return self.connected

    async def disconnect(self) -> None:
        self.connected = False

    def register_text_stream_handler(self, topic: str, handler: Callable[..., Any]) -> None:
        self.methods[topic] = handler

    def trainee_joins(self, identity: str = "trainee", **attributes: str) -> None:
        self._joins(identity, rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD, attributes)

    def avatar_joins(self, identity: str) -> None:
        """Add an avatar that publishes video and audio."""
        self._joins(
            identity,
            rtc.ParticipantKind.PARTICIPANT_KIND_AGENT,
            {ATTRIBUTE_PUBLISH_ON_BEHALF: self.local_participant.identity},
            tracks=(rtc.TrackKind.KIND_VIDEO, rtc.TrackKind.KIND_AUDIO),
        )

    def trainee_mutes(self, identity: str = "trainee") -> None:
        """Switch the trainee's microphone off."""
        trainee = self.remote_participants[identity]
        microphone = SimpleNamespace(kind=rtc.TrackKind.KIND_AUDIO, muted=True)
        trainee.track_publications["microphone"] = microphone
        self.emit("track_muted", trainee, microphone)

    def leaves(self, identity: str, reason: int = rtc.DisconnectReason.CLIENT_INITIATED) -> None:
        gone = self.remote_participants.pop(identity)
        gone.disconnect_reason = reason
        self.emit("participant_disconnected", gone)

    async def says(self, method: str, payload: str, identity: str = "trainee") -> str:
        """A participant calls one of our RPC methods."""
        call = rtc.RpcInvocationData("1", identity, payload, 5.0, method)
        return str(await self.methods[method](call))

    def _joins(
        self, identity: str, kind: int, attributes: dict[str, str], tracks: tuple[int, ...] = ()
    ) -> None:
        participant = SimpleNamespace(
            identity=identity,
            kind=kind,
            attributes=attributes,
            metadata="",
            name="Ada",
            state=rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE,
            disconnect_reason=None,
            track_publications={
                str(kind): SimpleNamespace(kind=kind, sid=str(kind), track=None) for kind in tracks
            },
        )
        self.remote_participants[identity] = participant
        self.emit("participant_connected", participant)
        self.emit("participant_active", participant)

    async def _set_attributes(self, attributes: dict[str, str]) -> None:
        self.attributes |= attributes
        self.emit("participant_attributes_changed", attributes, self.local_participant)
        if self.responses_lost:
            await asyncio.Event().wait()
