"""The promises of the fault matrix, one test a row; `make faults` shows the same as a table."""

from __future__ import annotations

import pytest

from tests.faults.matrix import ROWS, Row
from tests.faults.play import play
from tests.product import Product


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
async def test_trainee_is_greeted_and_answered(
    product: Product, row: Row, pytestconfig: pytest.Config
) -> None:
    if not pytestconfig.getoption("--every-fault"):
        pytest.skip("played with --every-fault, and by make faults")
    played = await play(product, row)
    assert not played.broken(row), played
