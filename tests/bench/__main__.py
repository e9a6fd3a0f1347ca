"""`make bench`: starts, answers and CPU time of our worker, as ratios to a plain worker.

Both workers use the same livekit-server, stand-ins and clients, in turn. Compare the numbers of one
run only with each other, because other processes use the machine too. An avatar joins 0.3 s after
its call.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import moonshine_voice

from tests.bench.contenders import Contender, TrainingGreeter, plain_worker
from tests.bench.processes import Usage
from tests.support.page_client import PageClient
from tests.support.product import running_product

SPEECH = Path(moonshine_voice.__file__).parent / "assets" / "clone-test.wav"
AVATAR_JOINS = "bey:late=0.3"
FIRST_WORD_S = 40.0
AHEAD_S = 3.0
"""How long before the page connects the platform's backend requests the greeting."""
TALK_S = 20.0
PAUSE_S = 2.0
"""Between two measurements: the processes of the last greeting have ended by then."""

Found = dict[str, dict[str, list[float]]]
"""Values by measure and contender."""


async def one_start(contender: Contender, found: Found) -> None:
    """Measure the first word of one greeting, and the CPU time until then."""
    usage, asked_at = Usage(contender.pid), time.monotonic()
    client, greeting = await contender.enter()
    try:
        heard_at, _ = await client.hears(after=0, timeout=FIRST_WORD_S)
        job_s = usage.by_process()[0]
    finally:
        await contender.end(greeting)
        await client.leave()
    note(found, contender, "request to first word, s", heard_at - asked_at)
    note(found, contender, "CPU of a job until the first word, s", job_s)


async def one_answer(contender: Contender, found: Found) -> None:
    """Measure the answer to a recorded sentence; `make turns` measures it in detail."""
    client, greeting = await contender.enter()
    try:
        await client.hears(after=0, timeout=FIRST_WORD_S)
        await client.silence(1.5)
        ended_at = await client.say(SPEECH)
        answered_at, _ = await client.hears(after=ended_at + 0.2, timeout=FIRST_WORD_S)
    finally:
        await contender.end(greeting)
        await client.leave()
    note(found, contender, "end of speech to answer, s", answered_at - ended_at)


async def ahead_of_time(ours: TrainingGreeter, found: Found) -> None:
    """Measure the first word after the page can hear, if the backend asked earlier."""
    greeting, url, token = await ours.request()
    await asyncio.sleep(AHEAD_S)
    client = PageClient()
    try:
        await client.join(url, token)
        can_hear_at = await client.can_hear()
        heard_at, _ = await client.hears(after=0, timeout=FIRST_WORD_S)
    finally:
        await ours.end(greeting)
        await client.leave()
    note(
        found,
        ours,
        f"asked {AHEAD_S:g} s ahead: page can hear to first word, s",
        heard_at - can_hear_at,
    )


async def burst(contender: Contender, count: int, found: Found) -> None:
    """Measure the first words of starts at the same moment."""
    usage, asked_at = Usage(contender.pid), time.monotonic()
    entered = await asyncio.gather(
        *(contender.enter() for _ in range(count)), return_exceptions=True
    )
    inside = [pair for pair in entered if not isinstance(pair, BaseException)]
    heard = await asyncio.gather(
        *(client.hears(after=0, timeout=FIRST_WORD_S) for client, _ in inside),
        return_exceptions=True,
    )
    times = sorted(at[0] - asked_at for at in heard if not isinstance(at, BaseException))
    cpu_s = sum(usage.by_process())
    for client, greeting in inside:
        with contextlib.suppress(Exception):
            await contender.end(greeting)
        await client.leave()
    note(found, contender, f"greeted of {count} at once", len(times))
    if times:
        late = times[min(round(0.95 * len(times)), len(times) - 1)]
        note(found, contender, f"p95 of {count} at once, s", late)
        note(found, contender, f"CPU of the worker for {count} at once, s", cpu_s)


async def talking(contender: Contender, found: Found) -> None:
    """Measure the CPU of a job whose agent talks nearly all the time."""
    client, greeting = await contender.enter()
    try:
        await client.hears(after=0, timeout=FIRST_WORD_S)
        await client.say(SPEECH)  # opens the microphone, which sends silence from now on
        await client.silence(1.5)
        usage, began_at = Usage(contender.pid), time.monotonic()
        while time.monotonic() - began_at < TALK_S:
            await client.type("How long does the video take?")
            await asyncio.sleep(4)
        share = usage.by_process()[0] / (time.monotonic() - began_at)
    finally:
        await contender.end(greeting)
        await client.leave()
    note(found, contender, "CPU of a job that talks, % of a core", 100 * share)


def note(found: Found, contender: Contender, measure: str, value: float) -> None:
    """Keep a value, and show it."""
    found[measure][contender.name].append(value)
    print(f"  {contender.name}: {measure}: {value:.2f}", flush=True)


async def measure(rounds: int, at_once: Sequence[int]) -> Found:
    """Run everything, one contender after the other."""
    found: Found = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running_product(Path(folder)) as product,
            plain_worker(product) as plain,
        ):
            await product.providers.faults(AVATAR_JOINS)
            ours = TrainingGreeter(product)
            for _ in range(rounds):
                for contender in (ours, plain):
                    await one_start(contender, found)
                    await asyncio.sleep(PAUSE_S)
            for _ in range(max(rounds // 3, 1)):
                await ahead_of_time(ours, found)
                for contender in (ours, plain):
                    await asyncio.sleep(PAUSE_S)
                    await one_answer(contender, found)
                await asyncio.sleep(PAUSE_S)
            for contender in (ours, plain):
                await talking(contender, found)
                await asyncio.sleep(PAUSE_S)
            for count in at_once:
                for contender in (ours, plain):
                    await burst(contender, count, found)
                    await asyncio.sleep(5 * PAUSE_S)
    return found


def show(found: Found) -> None:
    """Print medians, and the ratio of our worker to the plain worker."""
    print(f"\nmedians; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for what, values in found.items():
        medians = {name: statistics.median(of) for name, of in values.items()}
        ours, plain = medians.get("ours"), medians.get("plain worker")
        ratio = f", ratio {ours / plain:.2f}" if ours and plain else ""
        shown = ", ".join(f"{name} {value:.2f}" for name, value in medians.items())
        print(f"{what}: {shown}{ratio}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--rounds", type=int, default=9, help="starts of each worker")
    parser.add_argument(
        "--at-once", type=int, nargs="*", default=[10], metavar="N", help="bursts of starts"
    )
    options = parser.parse_args()
    show(asyncio.run(measure(options.rounds, options.at_once)))
