"""`make bench`: the time to the first word and to an answer, as a ratio to a plain worker.

Both workers use the same livekit-server, stand-ins and client, in turn. Compare the numbers of one
run only with each other, because other processes use the machine too.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import tempfile
import time
from pathlib import Path

import moonshine_voice
from livekit import api

from agent.demo.livekit_server import free_ports
from agent.demo.processes import child, wait_until_ready
from agent.demo.stage import Stage, stage
from tests.support.livekit_client import LiveKitClient
from tests.support.livekit_token import trainee_token
from tests.support.waiting import until

SPEECH = Path(moonshine_voice.__file__).parent / "assets" / "clone-test.wav"


async def one_greeting(running: Stage, agent_name: str, room: str) -> tuple[float, float]:
    """Return the seconds from request to first word, and from end of speech to first answer word."""
    server = running.livekit
    assert server is not None
    token = trainee_token(server, room, name="Ada")
    client = LiveKitClient(receives_video=True)
    async with api.LiveKitAPI(server.url, server.api_key, server.api_secret) as livekit:
        asked_at = time.monotonic()
        dispatch = api.RoomAgentDispatch(
            agent_name=agent_name, metadata='{"v": 1, "trainee": {"name": "Ada"}}'
        )
        await livekit.room.create_room(api.CreateRoomRequest(name=room, agents=[dispatch]))
        try:
            await client.join(server.url, token)
            heard_at, _ = await client.hears(after=0, timeout=30)
            await client.silence(1.5)
            ended_at = await client.say(SPEECH)
            answered_at, _ = await client.hears(after=ended_at + 0.2, timeout=30)
            return heard_at - asked_at, answered_at - ended_at
        finally:
            await livekit.room.delete_room(api.DeleteRoomRequest(room=room))
            await client.leave()


async def measure(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder)
        async with stage(logs, say=print) as running, contextlib.AsyncExitStack() as stack:
            [health] = free_ports(1)
            env = {**running.environment, "AGENT_HTTP_PORT": str(health)}
            log = logs / "plain.log"
            plain = await stack.enter_async_context(
                child("plain worker", "tests.bench.plain_worker", "start", env=env, log=log)
            )
            await wait_until_ready("plain worker", f"http://127.0.0.1:{health}/", plain, log, 60)
            # Its health page answers 200 before it has registered.
            await until(lambda: "registered worker" in log.read_text(), 60, "it did not register")
            found: dict[str, list[tuple[float, float]]] = {
                "training-greeter": [],
                "plain-worker": [],
            }
            for number in range(rounds):
                for name, times in found.items():
                    times.append(await one_greeting(running, name, f"{name}-{number}"))
                    print(
                        f"  {name}: {times[-1][0]:.2f} s to the first word, {times[-1][1]:.2f} s to the answer"
                    )
    show(found)


def show(found: dict[str, list[tuple[float, float]]]) -> None:
    """Print medians, and the ratio of our worker to the plain worker."""
    for column, what in enumerate(("request to first word", "end of speech to answer")):
        ours, theirs = (
            statistics.median(times[column] for times in found[name])
            for name in ("training-greeter", "plain-worker")
        )
        print(f"{what}: {ours:.2f} s, plain worker {theirs:.2f} s, ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--rounds", type=int, default=5)
    asyncio.run(measure(parser.parse_args().rounds))
