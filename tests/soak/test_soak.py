"""Many greetings: every trainee is answered, and no process, room or avatar is left behind."""

from __future__ import annotations

import asyncio
import random
import sys
import time

import pytest
from livekit import api

from tests.soak.soak import Visit, plan, soak
from tests.soak.trainee import CROWD_SLACK_S
from tests.support.footprint import Footprint, is_alive
from tests.support.product import Product

_CLEANED_UP_S = 60.0
_AT_REST_S = 8.0
"""The worker begins to replace the processes of ended jobs 4 s after the last one was accepted."""
_COMES_TO_REST_S = 90.0
_MORE_HANDLES, _MORE_THREADS = 8, 4
_MORE_MB, _MORE_MB_EACH = 10.0, 0.1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.timeout(3_600)
async def test_soak_answers_every_trainee_and_leaves_nothing_behind(
    product: Product, pytestconfig: pytest.Config
) -> None:
    number: int = pytestconfig.getoption("--greetings")
    seed: int | None = pytestconfig.getoption("--seed")
    seed = random.randrange(1_000_000) if seed is None else seed
    began_at = time.monotonic()
    print(f"\n{number} greetings; repeat with: --greetings {number} --seed {seed}")
    processes = {name: product.stage.children[name].pid for name in ("worker", "endpoint")}

    # Earlier lines belong to other tests; their process ids may be in use again.
    logged = len(product.events("worker"))

    # What is loaded once is not a leak.
    await soak(product, [Visit(fault="", ending="continue")], say=print)
    await _nothing_left(product, since=logged)
    before = await _footprints_at_rest(processes)
    visits = plan(number, seed)
    await soak(product, visits, say=print)
    await _nothing_left(product, since=logged)
    after = await _footprints_at_rest(processes)

    first_words = sorted(v.result.first_word_s or 0 for v in visits)
    print(f"{number} greetings in {time.monotonic() - began_at:.0f} s, seed {seed}")
    print(f"first word: {first_words[len(first_words) // 2]} s, at most {first_words[-1]} s")
    longest = max(v.avatar_left_s for v in visits)
    print(f"longest stay of an avatar after its trainee: {longest:.1f} s")
    for name in processes:
        print(f"{name} before: {before[name]}\n{name} after:  {after[name]}")

    assert not [v for v in visits if v.result.first_word_s is None], "no first word"
    assert not [v for v in visits if v.result.answer_s is None], "no answer"
    assert not [v for v in visits if not v.end_reason], "no outcome"
    stayed = [v for v in visits if v.avatar_left_s > v.avatar_may_stay_s + CROWD_SLACK_S]
    assert not stayed, "an avatar stayed at a cost"
    for name in processes:
        assert after[name].handles <= before[name].handles + _MORE_HANDLES
        assert after[name].threads <= before[name].threads + _MORE_THREADS
        more_mb = _MORE_MB + _MORE_MB_EACH * number
        assert after[name].memory_mb <= before[name].memory_mb + more_mb
        assert after[name].children <= before[name].children


async def _nothing_left(product: Product, *, since: int) -> None:
    """Wait until no room, avatar or job process is left; fail after a minute.

    Args:
        since: how many log lines of the worker belong to earlier tests.
    """
    jobs = {
        event["pid"]
        for event in product.events("worker")[since:]
        if event.get("session_id") and event.get("pid")
    } - {product.stage.children["worker"].pid}

    async def left_behind() -> list[object]:
        rooms = (await product.livekit.room.list_rooms(api.ListRoomsRequest())).rooms
        avatars = [
            s for s in await product.providers.sessions() if s["joined_at"] and not s["left_at"]
        ]
        return [*(room.name for room in rooms), *avatars, *filter(is_alive, jobs)]

    until = time.monotonic() + _CLEANED_UP_S
    while left := await left_behind():
        assert time.monotonic() < until, f"left behind: {left}"
        await asyncio.sleep(0.5)


async def _footprints_at_rest(processes: dict[str, int]) -> dict[str, Footprint]:
    """Return the footprints once the worker has replaced the processes of ended jobs.

    On a busy machine this takes long, above all if an earlier test has used up all idle processes.
    """
    until = time.monotonic() + _COMES_TO_REST_S
    since, handles = time.monotonic(), 0
    while True:
        found = {name: Footprint.of(pid) for name, pid in processes.items()}
        now = time.monotonic()
        if abs(found["worker"].handles - handles) > 1:
            since, handles = now, found["worker"].handles
        if now - since > _AT_REST_S or now > until:
            return found
        await asyncio.sleep(0.5)
