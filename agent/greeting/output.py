"""Routes the agent's speech: to the avatar, to the agent's own audio track, or only to captions.

The session's speech passes through one chain, and only this module replaces its tail: with the
avatar while nothing is playing, and with the agent's track at any time. It does not interrupt the
session first. If the old tail holds part of a line, an interruption blocks every later line (seen
in livekit-agents 1.8.9).

While the avatar speaks, the agent's own track is withdrawn, because encoding its silence costs CPU.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice.io import AudioOutput

from agent.avatar.beyond_presence import BeyondPresenceAvatar
from agent.conversation.state import GreetingState
from agent.core.errors import AvatarError
from agent.core.events import ModeChanged
from agent.core.livekit_internals.room import VoiceTrack
from agent.core.records import Mode
from agent.core.tasks import TaskSet

_WITHDRAW_AFTER_S: Final = 5.0
"""Seconds before the agent's own track is withdrawn.

By then, LiveKit has received the track and counts the agent as a publisher. The endpoint notices by
this count that the agent has left (`agent.token_endpoint.supervision.supervisor`). If an avatar
fails, it usually does so within this time or during the opening. The voice then continues at once:
to publish the track again takes up to 11 s on a machine that starts ten greetings."""


class Output:
    """The current mode of the fallback ladder; emits `ModeChanged`."""

    def __init__(self, session: AgentSession[GreetingState], room: rtc.Room) -> None:
        self._session = session
        self._room = room
        self._state = session.userdata
        self._events = self._state.events
        self._voice: AudioOutput | None = None
        self._voice_track: VoiceTrack | None = None
        self._tasks = TaskSet()
        self._avatar_identity: str | None = None
        self._avatar_audible_at: float | None = None
        self._voice_audible_at: float | None = None
        room.on("track_published", self._on_track)
        room.on("local_track_published", self._on_own_track)

    def remember_voice(self) -> None:
        """Keep the agent's own audio output as a fallback; call it once the session is started."""
        output = self._session.output.audio
        while output is not None and output.next_in_chain is not None:
            output = output.next_in_chain
        if output is None:
            return
        self._voice, self._voice_track = output, VoiceTrack(self._room, output)

    def close(self) -> None:
        """Leave the agent's own track as it is."""
        self._tasks.cancel()

    @property
    def identity(self) -> str:
        """The participant whose audio the trainee must hear."""
        if self._state.mode == "avatar" and self._avatar_identity is not None:
            return self._avatar_identity
        return self._room.local_participant.identity

    @property
    def audible_since(self) -> float:
        """When that audio was published, on the monotonic clock; now if it is not yet."""
        avatar = self._state.mode == "avatar"
        published_at = self._avatar_audible_at if avatar else self._voice_audible_at
        return time.monotonic() if published_at is None else published_at

    async def use_avatar(self, avatar: BeyondPresenceAvatar) -> None:
        """Speak through an avatar, while nothing is playing; raises AvatarError if it has left."""
        # Audio sent to an avatar that is not there waits for it without limit.
        if avatar.avatar_identity not in self._room.remote_participants:
            raise AvatarError("the avatar left before it could speak")
        await avatar.attach(self._session, self._room, self._events)
        self._avatar_identity = avatar.avatar_identity
        self._change("avatar", "")
        self._tasks.cancel()
        self._tasks.start(self._withdraw_voice(), name="withdraw_voice")

    def use_voice(self, reason: str) -> None:
        """Speak through the agent's own track; does nothing in text mode, which is final."""
        if self._state.mode == "text":
            return
        self._release_avatar()
        self._tasks.cancel()
        if self._voice_track is not None:
            self._tasks.start(self._voice_track.publish_again(), name="publish_voice")
        self._change("voice", reason)

    def use_text(self, reason: str) -> None:
        """Show lines as captions only, until the end of the greeting."""
        self._release_avatar()
        self._session.output.set_audio_enabled(False)
        self._change("text", reason)

    def _release_avatar(self) -> None:
        # The avatar may hold part of a line: the session would wait for it before the next line.
        if self._state.mode == "avatar" and self._voice is not None:
            self._session.output.replace_audio_tail(self._voice)

    async def _withdraw_voice(self) -> None:
        await asyncio.sleep(_WITHDRAW_AFTER_S)
        await self._state.opening_over.wait()
        if self._voice_track is not None:
            await self._voice_track.withdraw()

    def _change(self, mode: Mode, reason: str) -> None:
        self._state.mode, self._state.mode_reason = mode, reason
        self._events.emit(ModeChanged(mode, reason))

    def _on_track(
        self, track: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        if (
            participant.identity in self._state.avatar_usage
            and track.kind == rtc.TrackKind.KIND_AUDIO
        ):
            self._avatar_audible_at = time.monotonic()

    def _on_own_track(self, *_: object) -> None:
        self._voice_audible_at = time.monotonic()
