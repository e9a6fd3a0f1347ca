"""The session in its room: started, and silent until the opening."""

from __future__ import annotations

import asyncio

from livekit import rtc
from livekit.agents import Agent, AgentSession
from livekit.agents.voice.room_io import AudioOutputOptions, RoomOptions

from agent.avatar.beyond_presence import AUDIO_SAMPLE_RATE

_START_TIMEOUT_S = 10.0


async def start_in_room(session: AgentSession[None], agent: Agent, room: rtc.Room) -> None:
    """Everything but speaking: nothing is said, and nothing heard, before the opening.

    Raises:
        TimeoutError: it did not start.
    """
    options = RoomOptions(
        audio_output=AudioOutputOptions(sample_rate=AUDIO_SAMPLE_RATE),
        # The trainee's own text handler also takes what is typed in the first moment.
        text_input=False,
        # How a greeting ends is decided in one place, and it is not here.
        close_on_disconnect=False,
    )
    async with asyncio.timeout(_START_TIMEOUT_S):
        # LiveKit Cloud's default would take sound and transcript; nobody has consented to that.
        await session.start(agent, room=room, room_options=options, record=False)
    session.input.set_audio_enabled(False)
