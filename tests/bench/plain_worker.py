"""A worker as in LiveKit's own examples, with the same providers; the reference of `make bench`.

It is neither tuned nor slowed down: it starts the avatar, then the session, waits for the avatar,
and lets the LLM write the opening.
"""

from __future__ import annotations

import os

from livekit.agents import Agent, AgentServer, AgentSession, JobContext, RoomOutputOptions, cli
from livekit.plugins import bey, deepgram, google

server = AgentServer(
    port=int(os.environ.get("AGENT_HTTP_PORT", "0")),
    host="127.0.0.1",
    # The only deviation: with the default load function a busy machine refuses jobs, and a job
    # that never starts cannot be measured.
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
