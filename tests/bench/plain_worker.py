"""The field's usual answer: a worker as LiveKit's own examples write it, on the same providers.

It is what ours is measured beside, so nothing here is tuned and nothing is broken on purpose:
avatar first, then the session, wait for the avatar, and let the LLM greet.
"""

from __future__ import annotations

import os

from livekit.agents import Agent, AgentServer, AgentSession, JobContext, RoomOutputOptions, cli
from livekit.plugins import bey, deepgram, google

server = AgentServer(
    port=int(os.environ.get("AGENT_HTTP_PORT", "0")),
    host="127.0.0.1",
    # The one concession: with the stock settings a busy CPU loses dispatches, and what is never
    # answered cannot be timed.
    load_fnc=lambda: 0.0,
)


@server.rtc_session(agent_name="plain-worker")
async def entrypoint(ctx: JobContext) -> None:
    await ctx.connect()
    deepgram_url = os.environ["DEEPGRAM_BASE_URL"]
    session: AgentSession[None] = AgentSession(
        stt=deepgram.STT(model="nova-3", base_url=f"{deepgram_url}/v1/listen"),
        llm=google.LLM(model="gemini-3.5-flash-lite"),
        tts=deepgram.TTS(base_url=f"{deepgram_url}/v1/speak"),
    )
    avatar = bey.AvatarSession(avatar_id="demo", api_key="demo")
    await avatar.start(session, room=ctx.room)
    await session.start(
        Agent(instructions="You welcome people to their training."),
        room=ctx.room,
        room_output_options=RoomOutputOptions(audio_enabled=False),
        record=False,
    )
    await ctx.wait_for_participant()
    await avatar.wait_for_join()
    await session.generate_reply(instructions="Greet the trainee by the name Ada.")


if __name__ == "__main__":
    cli.run_app(server)
