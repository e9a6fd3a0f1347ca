"""The promises of the fault matrix, one test a row; `make faults` shows the same as a table."""

from __future__ import annotations

import pytest

from tests.faults.matrix import ROWS, Row
from tests.faults.play import play
from tests.product import Product


def _row(row: Row) -> object:
    marks = [pytest.mark.xfail(reason=row.fails_today, strict=False)] if row.fails_today else []
    return pytest.param(row, id=row.id, marks=marks)


@pytest.mark.parametrize("row", map(_row, ROWS))
async def test_trainee_is_greeted_and_answered(
    product: Product, row: Row, pytestconfig: pytest.Config
) -> None:
    if not row.often and not pytestconfig.getoption("--every-fault"):
        pytest.skip("played with --every-fault, and by make faults")
    played = await play(product, row)
    assert not played.broken(row), played
