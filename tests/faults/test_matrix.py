"""The promises of the fault matrix, one test a row; `make faults` shows the same as a table."""

from __future__ import annotations

import pytest

from tests.faults.matrix import ROWS
from tests.faults.play import play
from tests.faults.row import Row
from tests.support.product import Product


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A row of each kind by default: much alike takes much the same time again."""
    every = metafunc.config.getoption("--every-fault")
    rows = [row for row in ROWS if row.often or every]
    metafunc.parametrize("row", rows, ids=[row.id for row in rows])


async def test_trainee_is_greeted_and_answered(product: Product, row: Row) -> None:
    played = await play(product, row)
    assert not played.broken(row), played
