"""The process of the stand-ins."""

from __future__ import annotations

import signal
from pathlib import Path

from agent.demo.stand_ins import stand_ins


async def test_stand_ins_end_at_sigterm(tmp_path: Path) -> None:
    async with stand_ins(tmp_path / "log") as running:
        assert running.environment["BEY_API_URL"].startswith("http://127.0.0.1:")
        assert running.recognises_speech
        running.process.send_signal(signal.SIGTERM)
        assert await running.process.wait() == 0
