"""The first reason counts."""

from __future__ import annotations

from agent.core.end_reasons import Ending


async def test_first_reason_counts() -> None:
    end = Ending()
    end.end("continue")
    end.end("trainee_left")
    assert await end.wait() == "continue"
