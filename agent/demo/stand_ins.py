"""The providers' stand-ins as a process of their own: how to start it and how to control it.

`python -m agent.demo.stand_ins` prints one line of JSON on stdout when everything listens, and logs
to stderr. It ends on SIGINT or SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from agent.demo.processes import running
from agent.demo.providers.faults import Faults, UnknownFault, describe_faults
from agent.demo.tools import MissingTool

_ROOT = Path(__file__).resolve().parents[2]
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
        sessions: list[dict[str, Any]] = await self._request("GET", "/sessions")
        return sessions

    async def calls(self, provider: str = "") -> list[dict[str, Any]]:
        """Calls to all providers or to one (bey, stt, tts, llm), oldest first; see `Call`."""
        calls: list[dict[str, Any]] = await self._request("GET", "/calls")
        return [call for call in calls if provider in {"", call["provider"]}]

    async def script(self, *replies: dict[str, Any]) -> None:
        """Queue the LLM's next replies, with the fields of `gemini.reply.Reply`."""
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
    latency: str = "real",
    log: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[StandIns]:
    """Run the stand-ins as a subprocess until the block ends.

    Args:
        faults: in force from the start.
        latency: `real` or `none`.
        log: its stderr goes here; None: to ours.
        environment: added to ours, such as STAND_IN_WORDS_PER_MINUTE.

    Raises:
        UnknownFault: the text lists all faults.
        MissingTool: the process ended, or was not ready within 60 s.
    """
    Faults(faults)
    arguments = ["--latency", latency, *(part for text in faults for part in ("--fault", text))]
    command = (sys.executable, "-m", "agent.demo.stand_ins", *arguments)
    env = {**os.environ, **(environment or {})}
    async with running(*command, log=log, env=env, cwd=_ROOT, stdout_pipe=True) as process:
        assert process.stdout
        try:
            line = await asyncio.wait_for(process.stdout.readline(), _READY_TIMEOUT_S)
        except TimeoutError:
            raise MissingTool("the stand-ins were not ready in time") from None
        if not line:
            raise MissingTool(f"the stand-ins ended at once; see their log, {log}")
        timeout = aiohttp.ClientTimeout(total=_CONTROL_TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            yield StandIns(**json.loads(line), process=process, http=http)


async def _run(options: argparse.Namespace) -> None:
    # Imported here, because the parent process needs none of it.
    from agent.demo.providers.control import serve_stand_ins

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # on Windows, KeyboardInterrupt does it
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serve_stand_ins(faults=options.fault, latency=options.latency) as ready:
        print(json.dumps(ready), flush=True)
        await stop.wait()


def main() -> None:
    """Run the stand-ins until a signal comes."""
    parser = argparse.ArgumentParser(
        prog="python -m agent.demo.stand_ins",
        description="Stand-ins for Beyond Presence, Deepgram and Gemini on 127.0.0.1.",
        epilog=f"faults:\n{describe_faults()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--fault", action="append", default=[], metavar="F", help="see below")
    parser.add_argument("--latency", choices=("real", "none"), default="real")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="stand-ins: %(message)s")
    try:
        asyncio.run(_run(options))
    except UnknownFault as e:
        parser.exit(2, f"{e}\n")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
