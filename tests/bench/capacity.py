"""`make capacity`: the CPU and memory of a greeting, by the number of concurrent greetings.

It runs worker, endpoint, livekit-server and Redis. Stand-ins and clients run on the same machine.
They are not counted, but they use CPU too, so the load average is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import moonshine_voice
import redis.asyncio as redis

from tests.bench.processes import cpu_s, descendants
from tests.integration.cluster import Cluster, running_cluster
from tests.support.conversation import wait_for_opening
from tests.support.endpoint_requests import BACKEND, path_of
from tests.support.footprint import Footprint
from tests.support.livekit_client import LiveKitClient
from tests.support.redis_server import redis_server

SPEECH = Path(moonshine_voice.__file__).parent / "assets" / "clone-test.wav"
SILENCE_S, TALK_S = 10.0, 20.0
"""How long each phase is measured; the agent checks in after a longer silence."""


@dataclass(frozen=True)
class Share:
    """Shares of one core."""

    job: float
    """The median of all jobs."""
    worker: float
    """The worker's main process."""
    livekit: float
    """livekit-server, divided by the number of greetings."""


async def over(seconds: float, jobs: list[int], worker: int, livekit: int) -> Share:
    pids = [*jobs, worker, livekit]
    before, began_at = [cpu_s(pid) for pid in pids], time.monotonic()
    await asyncio.sleep(seconds)
    took_s = time.monotonic() - began_at
    used = [(cpu_s(pid) - b) / took_s for pid, b in zip(pids, before, strict=True)]
    return Share(statistics.median(used[:-2]), used[-2], used[-1] / len(jobs))


async def talk(client: LiveKitClient, for_s: float) -> None:
    """Ask every four seconds, which is more than any trainee does."""
    until = time.monotonic() + for_s
    while time.monotonic() < until:
        await client.type("How long does the video take?")
        await asyncio.sleep(4)


async def enter(cluster: Cluster, session_id: str) -> LiveKitClient:
    answer = await cluster.ask(session_id)
    assert answer.status_code == 201, answer.text
    client = await cluster.join(answer.json())
    await wait_for_opening(client)
    # This also opens the microphone, which sends silence from now on.
    await client.say(SPEECH)
    await client.silence(1.5, timeout=60)
    return client


async def greetings(cluster: Cluster, count: int) -> None:
    """Measure so many greetings at once, and print the result."""
    sessions = [f"{count}-{number}" for number in range(count)]
    clients = await asyncio.gather(*(enter(cluster, session) for session in sessions))
    jobs = [
        next(e["pid"] for e in cluster.worker_events("worker") if e.get("session_id") == session)
        for session in sessions
    ]
    worker, livekit = cluster.workers["worker"].pid, cluster.livekit.process.pid
    quiet = await over(SILENCE_S, jobs, worker, livekit)
    talking = [asyncio.create_task(talk(client, TALK_S)) for client in clients]
    busy = await over(TALK_S, jobs, worker, livekit)
    await asyncio.gather(*talking)
    pss_mb = statistics.median(Footprint.of(pid).memory_mb for pid in jobs)
    print(
        f"{count:3} at once: a job uses {busy.job:.1%} of a core talking, {quiet.job:.1%} silent, "
        f"and {pss_mb:.0f} MB; livekit-server {busy.livekit:.1%} each; "
        f"the worker's main process {busy.worker:.1%}; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    for session, client in zip(sessions, clients, strict=True):
        await cluster.http.post(path_of(session, end=True), headers=BACKEND)
        await client.leave()
    await asyncio.sleep(3)


async def idle(cluster: Cluster, warm: int) -> None:
    """Print the memory of the processes before the first greeting."""
    worker = cluster.workers["worker"].pid
    family = [worker, *descendants(worker)]
    held = sum(Footprint.of(pid).memory_mb for pid in family)
    print(f"idle: the worker with {warm} warm processes holds {held:.0f} MB (PSS)", flush=True)
    endpoint = Footprint.of(cluster.replicas[0].process.pid).memory_mb
    print(f"idle: an endpoint holds {endpoint:.0f} MB (PSS)", flush=True)


def machine() -> str:
    """Describe the machine, and its load before anything was started."""
    name = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return (
        f"{os.cpu_count()} cores, {name[1] if name else 'unnamed'}; load {os.getloadavg()[0]:.1f}"
    )


async def measure(counts: list[int]) -> None:
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        async with redis_server(Path(folder)) as url, running_cluster(url, Path(folder)) as cluster:
            warm = max(counts)
            await asyncio.gather(
                cluster.start_replica(), cluster.start_worker("worker", max_jobs=warm)
            )
            await asyncio.sleep(8)  # the idle processes load their modules
            await idle(cluster, warm)
            async with redis.Redis.from_url(url) as raw:
                before = (await raw.info("stats"))["total_commands_processed"]
                endpoint, began_at = cluster.replicas[0].process.pid, time.monotonic()
                used_s = cpu_s(endpoint)
                for count in counts:
                    await greetings(cluster, count)
                took_s = time.monotonic() - began_at
                asked = (await raw.info("stats"))["total_commands_processed"] - before
                used_s = cpu_s(endpoint) - used_s
            print(
                f"{sum(counts)} greetings in {took_s:.0f} s: {asked / took_s:.1f} Redis commands a "
                f"second, and {used_s:.2f} s of the endpoint's CPU, its rounds for all included"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.capacity")
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 2, 4], metavar="N")
    asyncio.run(measure(parser.parse_args().at_once))
