"""The promises of the fault matrix, one test for each row; `make faults` shows them as a table."""

from __future__ import annotations

import pytest

from tests.faults.matrix import REPRESENTATIVES, ROWS
from tests.faults.play import play
from tests.faults.row import TEST_SLACK_S, Row
from tests.support.product import Product


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One row of each kind, or every row with `--every-fault`."""
    if "row" not in metafunc.fixturenames:
        return
    every = metafunc.config.getoption("--every-fault")
    rows = [row for row in ROWS if every or row.id in REPRESENTATIVES]
    metafunc.parametrize("row", rows, ids=[row.id for row in rows])


def test_representatives_are_rows_of_the_matrix() -> None:
    assert {row.id for row in ROWS} >= REPRESENTATIVES


async def test_faults_keep_the_promises_to_the_trainee(product: Product, row: Row) -> None:
    played = await play(product, row)
    assert not played.broken(row, TEST_SLACK_S), played
