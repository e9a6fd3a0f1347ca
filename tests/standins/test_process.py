"""The process of the stand-ins: it ends when it should, and says what is wrong."""

from __future__ import annotations

import asyncio
import json
import signal
import sys

import pytest

from agent.demo.livekit_server import free_ports
from agent.demo.providers.faults import UnknownFault
from agent.demo.stand_ins import stand_ins

PROGRAM = (sys.executable, "-m", "agent.demo.stand_ins")
PIPE = asyncio.subprocess.PIPE


async def test_listens_where_told_and_ends_at_sigterm() -> None:
    (port,) = free_ports(1)
    arguments = ("--port-bey", str(port), "--fault", "bey:418")
    process = await asyncio.create_subprocess_exec(*PROGRAM, *arguments, stdout=PIPE)
    assert process.stdout
    try:
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
        assert ready["environment"]["BEY_API_URL"] == f"http://127.0.0.1:{port}"
        assert ready["recognises_speech"] is True
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 5) == 0
    finally:
        if process.returncode is None:
            process.kill()


async def test_ends_with_its_parent() -> None:
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "--until-stdin-closes", stdin=PIPE, stdout=PIPE
    )
    assert process.stdin
    assert process.stdout
    try:
        await asyncio.wait_for(process.stdout.readline(), 60)
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 5) == 0
    finally:
        if process.returncode is None:
            process.kill()


async def test_an_unknown_fault_is_one_clear_message() -> None:
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
