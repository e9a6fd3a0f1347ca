"""How to start the process of the providers' stand-ins."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.demo.livekit_server import free_ports
from agent.demo.processes import child, wait_until_ready

MODULE = "agent.demo.providers"
_READY_TIMEOUT_S = 120.0


@dataclass(frozen=True, kw_only=True)
class StandIns:
    """A running set of stand-ins."""

    url: str
    environment: dict[str, str]
    """What the worker needs to find them: BEY_API_URL and so on."""
    recognises_speech: bool
    """Whether English speech is transcribed on this machine."""
    process: asyncio.subprocess.Process = field(repr=False)


@contextlib.asynccontextmanager
async def stand_ins(
    log: Path,
    faults: Sequence[str] = (),
    *,
    environment: Mapping[str, str] | None = None,
    module: str = MODULE,
) -> AsyncIterator[StandIns]:
    """Run the stand-ins as a subprocess until the block ends.

    Args:
        log: its output goes here.
        faults: in force from the start.
        environment: of the process, such as STAND_IN_WORDS_PER_MINUTE.
        module: of the process; that of the tests has routes to control it.

    Raises:
        DemoError: the process ended, or was not ready within 120 s.
    """
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    async with child(module, str(port), *faults, env=environment or {}, log=log) as process:
        ready = await wait_until_ready("stand-ins", url, process, log, _READY_TIMEOUT_S)
        yield StandIns(url=url, process=process, **json.loads(ready))
