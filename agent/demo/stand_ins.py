"""The providers' stand-ins as a process of their own: how to start it and how to control it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from agent.demo.livekit_server import free_ports
from agent.demo.processes import child, wait_until_ready

_READY_TIMEOUT_S = 60.0
_CONTROL_TIMEOUT_S = 10.0


@dataclass(frozen=True, kw_only=True)
class StandIns:
    """A running set of stand-ins and its control API."""

    environment: dict[str, str]
    """What the worker needs to find them: BEY_API_URL and so on."""
    control_url: str
    recognises_speech: bool
    """Whether English speech is transcribed on this machine."""
    process: asyncio.subprocess.Process = field(repr=False)
    http: aiohttp.ClientSession

    async def faults(self, *texts: str) -> None:
        """Put these faults in force instead of all others; none: everything works."""
        await self._request("PUT", "/faults", list(texts))

    async def sessions(self) -> list[dict[str, Any]]:
        """Avatar sessions, oldest first, with the fields of `AvatarSession`.

        If `crashed` is true, the avatar's process has died, as LiveKit's native library sometimes
        makes it: the test that saw it may run again.
        """
        return list(await self._request("GET", "/sessions"))

    async def calls(self, provider: str = "") -> list[dict[str, Any]]:
        """Calls to all providers or to one (bey, stt, tts, llm), oldest first; see `Call`."""
        calls = await self._request("GET", "/calls")
        return [call for call in calls if provider in {"", call["provider"]}]

    async def script(self, *replies: dict[str, Any]) -> None:
        """Queue the LLM's next replies, with the fields of `gemini.messages.Reply`."""
        await self._request("PUT", "/gemini/script", list(replies))

    async def reset(self) -> None:
        """Remove all avatars, faults, scripted replies and records."""
        await self._request("POST", "/reset")

    async def _request(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, self.control_url + path, json=body) as answer:
            content = await answer.json()
            if answer.status >= 400:
                raise ValueError(content.get("error", f"{path}: {answer.status}"))
            return content


@contextlib.asynccontextmanager
async def stand_ins(
    *,
    faults: Sequence[str] = (),
    latency: float = 1.0,
    log: Path,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[StandIns]:
    """Run the stand-ins as a subprocess until the block ends.

    Args:
        faults: in force from the start.
        latency: scales the usual latencies of the providers; 0 for none.
        log: its output goes here.
        environment: of the process, such as STAND_IN_WORDS_PER_MINUTE.

    Raises:
        DemoError: the process ended, or was not ready within 60 s.
        ValueError: a fault is unknown.
    """
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    module = ("agent.demo.stand_ins", str(port), str(latency))
    async with (
        child(*module, env=environment or {}, log=log) as process,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_CONTROL_TIMEOUT_S)) as http,
    ):
        await wait_until_ready("stand-ins", url, process, log, _READY_TIMEOUT_S)
        async with http.get(url) as answer:
            here = StandIns(control_url=url, process=process, http=http, **await answer.json())
        await here.faults(*faults)
        yield here


if __name__ == "__main__":
    # Imported here, because the parent process needs none of it.
    from agent.demo.providers.control import serve_stand_ins

    logging.basicConfig(level=logging.WARNING, format="stand-ins: %(message)s")
    asyncio.run(serve_stand_ins(int(sys.argv[1]), latency=float(sys.argv[2])))
