"""A check of `doctor` ends in time, and says once what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from agent.cli.doctor.configuration import Configuration, read_configuration
from agent.cli.doctor.result import CheckResult, failed, ok, reports
from tests.support.doctor_report import as_lines
from tests.support.environments import BOTH_PARTS

_CONFIG = read_configuration({}, parts=BOTH_PARTS)


@reports("a.first", "a.second", limit_s=0.1)
async def _hangs(config: Configuration, *found: CheckResult) -> AsyncIterator[CheckResult]:
    for result in found:
        yield result
    await asyncio.sleep(60)


async def test_check_that_hangs_has_not_finished() -> None:
    first, second = as_lines(await _hangs(_CONFIG, ok("a.first", "works")))
    assert first == "ok a.first works"
    assert second.startswith("failed a.second not finished within 0.1 s")


async def test_check_that_hangs_after_a_problem_says_only_the_problem() -> None:
    found = as_lines(await _hangs(_CONFIG, failed("a.first", "broken", "repair it")))
    assert found == [
        "failed a.first broken → repair it",
        "skipped a.second a.first is not ok: see above",
    ]
    both = [ok("a.first", "works"), failed("a.second", "broken", "repair it")]
    assert as_lines(await _hangs(_CONFIG, *both)) == as_lines(both)


async def test_check_shares_the_time_of_the_one_that_it_continues() -> None:
    @reports("b.first", limit_s=30)
    async def slow(config: Configuration) -> AsyncIterator[CheckResult]:
        await asyncio.sleep(60)
        yield ok("b.first", "works")

    began_at = asyncio.get_running_loop().time() - 30
    async with asyncio.timeout(10):
        [line] = as_lines(await slow(_CONFIG, began_at=began_at))
    assert line.startswith("failed b.first not finished within 30 s")
