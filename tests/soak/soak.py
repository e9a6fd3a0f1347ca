"""Many greetings through one worker, several at a time, with random faults and random endings."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.matrix import ROWS
from tests.soak.trainee import TraineeResult, take_part
from tests.support.product import Product

AT_A_TIME = 4
_ROOT = Path(__file__).resolve().parents[2]
_SHARE_WITH_A_FAULT = 0.6
_AVATAR_MAY_STAY_S = {"continue": 2.0, "end call": 2.0, "leaves": 10.0, "vanishes": 25.0}
"""How each trainee goes, and how long the avatar may stay after that."""
_OUTCOME_S = 40.0
"""How long the outcome may take after the avatar had to leave."""


@dataclass
class Visit:
    """One trainee's greeting."""

    fault: str
    """Set when the visit begins; affects the first greeting that uses the provider. Empty: none."""
    ending: str
    session_id: str = ""
    room: str = ""
    result: TraineeResult = field(default_factory=TraineeResult)
    avatar_left_s: float = 0.0
    """How long an avatar stayed after the trainee had gone."""
    end_reason: str = ""
    """The end reason in the outcome; empty if there is no outcome."""

    @property
    def avatar_may_stay_s(self) -> float:
        return _AVATAR_MAY_STAY_S[self.ending]


def plan(number: int, seed: int) -> list[Visit]:
    """Choose faults and endings; the same seed gives the same visits."""
    chance = random.Random(seed)
    faults = sorted({re.sub(r"x\d+$", "", fault) + "x1" for row in ROWS for fault in row.faults})
    return [
        Visit(
            fault=chance.choice(faults) if chance.random() < _SHARE_WITH_A_FAULT else "",
            ending=chance.choice(list(_AVATAR_MAY_STAY_S)),
        )
        for _ in range(number)
    ]


async def soak(product: Product, visits: list[Visit], say: Callable[[str], None]) -> None:
    """Play all visits, four at a time, and store the result in each."""
    slots = asyncio.Semaphore(AT_A_TIME)

    async def one(number: int, visit: Visit) -> None:
        async with slots:
            await _play(product, visit)
        say(
            f"{number:3} {visit.session_id} {visit.fault or 'no fault':22} {visit.ending:9} "
            f"first word {visit.result.first_word_s} s, answer {visit.result.answer_s} s, "
            f"mode {visit.result.mode or 'none'}, avatar {visit.avatar_left_s:.1f} s, "
            f"{visit.end_reason}"
        )

    async with asyncio.TaskGroup() as group:
        for number, visit in enumerate(visits, start=1):
            group.create_task(one(number, visit))


async def _play(product: Product, visit: Visit) -> None:
    async with contextlib.AsyncExitStack() as stack:
        vanishing = None
        if visit.ending == "vanishes":
            vanishing = await stack.enter_async_context(_trainee_process())
        await product.providers.faults(*filter(None, [visit.fault]))
        response = await product.ask()
        assert response.status_code == 201, response.text
        answer = response.json()
        visit.session_id, visit.room = answer["session_id"], answer["room_name"]
        if vanishing is not None:
            visit.result = await _take_part_in_process(vanishing, answer)
    if vanishing is None:
        client = await product.join(answer["server_url"], answer["participant_token"])
        visit.result = await take_part(client)
        try:
            if visit.ending == "continue":
                await client.press_continue()
            elif visit.ending == "end call":
                await product.end(visit.session_id)
        except AssertionError:
            pass  # no agent is left to call; the outcome says why
        if visit.ending == "leaves":
            await client.leave()
    gone_at = time.time()
    try:
        await product.paid_avatars_left(visit.room, visit.avatar_may_stay_s + 10)
        outcome = await product.outcome(
            visit.session_id, within_s=visit.avatar_may_stay_s + _OUTCOME_S
        )
        visit.end_reason = outcome["ended"]["reason"]
    except AssertionError:
        pass  # `avatar_left_s` and `end_reason` show it
    avatars = [avatar for avatar in await product.avatars(visit.room) if avatar["joined_at"]]
    left = [(avatar["left_at"] or time.time()) - gone_at for avatar in avatars]
    visit.avatar_left_s = max([0.0, *left])


@contextlib.asynccontextmanager
async def _trainee_process() -> AsyncIterator[asyncio.subprocess.Process]:
    """A process in which a trainee can take part at once; it is killed at the end of the block."""
    trainee = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.soak.trainee"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=_ROOT,
    )
    try:
        await _line_of(trainee)  # it has imported what it needs
        yield trainee
    finally:
        trainee.kill()
        await trainee.wait()


async def _take_part_in_process(
    trainee: asyncio.subprocess.Process, answer: dict[str, str]
) -> TraineeResult:
    assert trainee.stdin
    trainee.stdin.write(f"{answer['server_url']} {answer['participant_token']}\n".encode())
    return TraineeResult(**json.loads(await _line_of(trainee)))


async def _line_of(trainee: asyncio.subprocess.Process) -> bytes:
    assert trainee.stdout
    return await asyncio.wait_for(trainee.stdout.readline(), 180)
