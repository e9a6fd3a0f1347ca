"""The smallest worker there can be: it joins the room it is sent to, and stays.

`JOIN_AFTER_S` makes it slow to join.
"""

from __future__ import annotations

import asyncio
import os

from livekit.agents import AgentServer, JobContext, cli

server = AgentServer(
    # A process each: livekit's native library may abort where a room is deleted, and must not take
    # the others with it.
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
