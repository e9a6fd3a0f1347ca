"""Starts the AgentSession in the room: connected, silent, and not yet listening."""

from __future__ import annotations

import asyncio
from typing import Final

from livekit import rtc
from livekit.agents.voice.room_io import AudioInputOptions, AudioOutputOptions, RoomOptions

from agent.avatar.kept_audio import AUDIO_SAMPLE_RATE
from agent.conversation.conversation import Conversation

_START_TIMEOUT_S: Final = 10.0
_INPUT_SAMPLE_RATE: Final = 16_000
_VOICE_BITRATE: Final = 64_000
"""Bits per second, at most. From this rate on, Opus needs half as much CPU time as at LiveKit's
default, also for silence; see `docs/performance-notes.md`."""


async def start_in_room(conversation: Conversation, room: rtc.Room) -> None:
    voice = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
    voice.audio_encoding.max_bitrate = _VOICE_BITRATE
    options = RoomOptions(
        audio_input=AudioInputOptions(
            # What voice activity detection and speech recognition take: they need not resample.
            sample_rate=_INPUT_SAMPLE_RATE,
            # A client that recorded before it connected sends its recording to the newest agent,
            # which for LiveKit is the avatar. RoomIO would wait 3 s for it, and hear nothing.
            pre_connect_audio=False,
        ),
        audio_output=AudioOutputOptions(sample_rate=AUDIO_SAMPLE_RATE, track_publish_options=voice),
        # `TypedText` also takes what is typed before the opening.
        text_input=False,
        # The behaviours decide when the greeting ends.
        close_on_disconnect=False,
    )
    session = conversation.session
    async with asyncio.timeout(_START_TIMEOUT_S):
        await session.start(
            conversation.agent,
            room=room,
            room_options=options,
            # With `record=True`, LiveKit Cloud would keep audio and transcript without consent.
            record=False,
            # A session host sends every line and function call to all participants, the avatar's
            # provider too, and answers their requests for instructions and chat history.
            session_host=False,
        )
    session.input.set_audio_enabled(False)
