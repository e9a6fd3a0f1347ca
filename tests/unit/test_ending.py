"""The first reason counts, and a waiting step ends with the greeting."""

from __future__ import annotations

import asyncio

import pytest

from agent.ending import Ending, GreetingEnded


async def test_first_reason_counts() -> None:
    end = Ending()
    end.end("continue")
    end.end("trainee_left")
    assert await end.wait() == "continue"


async def test_step_that_is_done_first_gives_its_result() -> None:
    assert await Ending().unless_ended(asyncio.sleep(0, "done")) == "done"


async def test_waiting_step_is_cancelled_when_the_greeting_ends() -> None:
    end, cancelled = Ending(), asyncio.Event()

    async def step() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    waiting = asyncio.create_task(end.unless_ended(step()))
    await asyncio.sleep(0)
    end.end("continue")
    with pytest.raises(GreetingEnded):
        await waiting
    async with asyncio.timeout(1):
        await cancelled.wait()


async def test_steps_own_error_comes_through() -> None:
    async def step() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await Ending().unless_ended(step())
