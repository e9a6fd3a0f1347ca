"""The process of the stand-ins: it ends when it should, and says what is wrong."""

from __future__ import annotations

import asyncio
import json
import signal
import sys

import pytest

from agent.demo.providers.faults import UnknownFault
from agent.demo.stand_ins import stand_ins

PROGRAM = (sys.executable, "-m", "agent.demo.stand_ins")
PIPE = asyncio.subprocess.PIPE


async def test_stand_ins_end_at_sigterm() -> None:
    process = await asyncio.create_subprocess_exec(*PROGRAM, "--fault", "bey:418", stdout=PIPE)
    assert process.stdout
    try:
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
        assert ready["environment"]["BEY_API_URL"].startswith("http://127.0.0.1:")
        assert ready["recognises_speech"] is True
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        if process.returncode is None:
            process.kill()


async def test_stand_ins_report_an_unknown_fault_in_one_message() -> None:
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "--fault", "bey:nope", stdout=PIPE, stderr=PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 2
    assert out == b""
    assert err.startswith(b"unknown fault 'bey:nope'")
    assert b"Traceback" not in err
    with pytest.raises(UnknownFault):
        async with stand_ins(faults=["bey:nope"]):
            raise AssertionError("it started")
