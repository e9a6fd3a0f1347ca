"""The process of the stand-ins: it ends when it should, and says what is wrong."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from agent.demo.stand_ins import stand_ins


async def test_stand_ins_end_at_sigterm(tmp_path: Path) -> None:
    async with stand_ins(log=tmp_path / "log") as running:
        assert running.environment["BEY_API_URL"].startswith("http://127.0.0.1:")
        assert running.recognises_speech
        running.process.send_signal(signal.SIGTERM)
        assert await running.process.wait() == 0


async def test_stand_ins_report_an_unknown_fault(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown fault 'bey:nope'"):
        async with stand_ins(faults=["bey:nope"], log=tmp_path / "log"):
            raise AssertionError("it started")
