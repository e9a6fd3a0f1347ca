"""A minimal worker that joins its room and stays.

`JOIN_AFTER_S` delays the join.
"""

from __future__ import annotations

import asyncio
import os

from livekit.agents import AgentServer, JobContext, cli

server = AgentServer(
    # One process per job: LiveKit's native library may abort if a room is deleted, and must not end
    # the other jobs.
    num_idle_processes=1,
    host="127.0.0.1",
    port=0,
    load_fnc=lambda: 0.0,
    drain_timeout=0,
)


@server.rtc_session(agent_name=os.environ["AGENT_NAME"])
async def greet(ctx: JobContext) -> None:
    await asyncio.sleep(float(os.environ.get("JOIN_AFTER_S", "0")))
    await ctx.connect()


if __name__ == "__main__":
    cli.run_app(server)
