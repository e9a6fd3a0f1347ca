"""Many greetings through one worker, several at a time, with random faults and random goodbyes."""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.matrix import ROWS
from tests.soak.trainee import Met, meet
from tests.support.product import Product

AT_A_TIME = 4
_ROOT = Path(__file__).resolve().parents[2]
_HOW_OFTEN_A_FAULT = 0.6
_LEFT_S = {"continue": 2.0, "end call": 2.0, "leaves": 10.0, "vanishes": 25.0}
"""How each trainee goes, and how long the avatar may then still be paid for."""
_OUTCOME_S = 20.0
"""For the outcome, after the avatar would have had to go."""


@dataclass
class Visit:
    """One trainee's greeting."""

    fault: str
    """In force when it began, for whoever comes by it first; empty: none."""
    goodbye: str
    session_id: str = ""
    room: str = ""
    met: Met = field(default_factory=Met)
    avatar_left_s: float = 0.0
    """How long an avatar was paid for after the trainee had gone."""
    ended: str = ""
    """The reason in the outcome; empty: there is none."""

    @property
    def avatar_may_stay_s(self) -> float:
        return _LEFT_S[self.goodbye]


def plan(number: int, seed: int) -> list[Visit]:
    """Who will come, what fails, and how they go; the same for the same seed."""
    chance = random.Random(seed)
    faults = sorted({re.sub(r"x\d+$", "", fault) + "x1" for row in ROWS for fault in row.faults})
    return [
        Visit(
            fault=chance.choice(faults) if chance.random() < _HOW_OFTEN_A_FAULT else "",
            goodbye=chance.choice(list(_LEFT_S)),
        )
        for _ in range(number)
    ]


async def soak(product: Product, visits: list[Visit], say: Callable[[str], None]) -> None:
    """Let them come, some at a time; each visit is filled in with what came of it."""
    places = asyncio.Semaphore(AT_A_TIME)

    async def one(number: int, visit: Visit) -> None:
        async with places:
            await _play(product, visit)
        say(
            f"{number:3} {visit.session_id} {visit.fault or 'no fault':22} {visit.goodbye:9} "
            f"first word {visit.met.first_word_s} s, answer {visit.met.answer_s} s, "
            f"{visit.met.mode or 'nobody'}, avatar {visit.avatar_left_s:.1f} s, {visit.ended}"
        )

    async with asyncio.TaskGroup() as group:
        for number, visit in enumerate(visits, start=1):
            group.create_task(one(number, visit))


async def _play(product: Product, visit: Visit) -> None:
    assert product.here.stand_ins is not None
    await product.here.stand_ins.faults(*filter(None, [visit.fault]))
    answer = await product.ask()
    assert answer.status_code == 201, answer.text
    ticket = answer.json()
    visit.session_id, visit.room = ticket["session_id"], ticket["room_name"]
    if visit.goodbye == "vanishes":
        await _meet_and_vanish(visit, ticket)
    else:
        client = await product.join(
            ticket["server_url"], ticket["participant_token"], receives_video=False
        )
        visit.met = await meet(client)
        try:
            if visit.goodbye == "continue":
                await client.press_continue()
            elif visit.goodbye == "end call":
                await product.end(visit.session_id)
        except AssertionError:
            pass  # the greeting has ended before, or never was: the outcome will say
        if visit.goodbye == "leaves":
            await client.leave()
    gone_at = time.time()
    try:
        await product.paid_avatars_left(visit.room, visit.avatar_may_stay_s + 10)
        outcome = await product.outcome(
            visit.session_id, within_s=visit.avatar_may_stay_s + _OUTCOME_S
        )
        visit.ended = outcome["ended"]["reason"]
    except AssertionError:
        pass  # as `avatar_left_s` and `ended` show
    avatars = [avatar for avatar in await product.avatars(visit.room) if avatar["joined_at"]]
    left = [(avatar["left_at"] or time.time()) - gone_at for avatar in avatars]
    visit.avatar_left_s = max([0.0, *left])


async def _meet_and_vanish(visit: Visit, ticket: dict[str, str]) -> None:
    """A process of its own, killed in the end."""
    trainee = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.soak.trainee"),
        *(ticket["server_url"], ticket["participant_token"]),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=_ROOT,
    )
    assert trainee.stdout
    try:
        line = await asyncio.wait_for(trainee.stdout.readline(), 60)
        visit.met = Met(**json.loads(line))
    finally:
        trainee.kill()
        await trainee.wait()
