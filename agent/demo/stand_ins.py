"""The stand-ins as a process of their own, and how to start and steer that process.

`python -m agent.demo.stand_ins` prints one line of JSON on stdout when everything listens, logs to
stderr, and ends on SIGINT, SIGTERM, or (with `--until-stdin-closes`) when its parent is gone.
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
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import aiohttp

from agent.demo.providers.faults import UnknownFault, describe_faults, parse_fault
from agent.demo.tools import MissingTool

_ROOT = Path(__file__).resolve().parents[2]
_READY_TIMEOUT_S = 60.0
_CONTROL_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 8.0


@dataclass(frozen=True, kw_only=True)
class StandIns:
    """A running set of stand-ins and its control API."""

    environment: dict[str, str]
    """What the worker needs to find them: BEY_API_URL and so on."""
    control_url: str
    recognises_speech: bool
    """Whether English speech is transcribed on this machine."""
    speaks: bool
    process: asyncio.subprocess.Process = field(repr=False)
    http: aiohttp.ClientSession

    async def faults(self, *texts: str) -> None:
        """Put these faults in force in place of all others; none: everything works.

        Raises:
            UnknownFault: with the list of all faults.
        """
        for text in texts:
            parse_fault(text)
        await self._ask("PUT", "/faults", list(texts))

    async def sessions(self) -> list[dict[str, Any]]:
        """Avatar sessions, oldest first, as `AvatarSession.as_json` gives them."""
        sessions: list[dict[str, Any]] = await self._ask("GET", "/sessions")
        return sessions

    async def calls(self, provider: str = "") -> list[dict[str, Any]]:
        """Calls to all providers or to one (bey, stt, tts, llm), oldest first; see `Call`."""
        calls: list[dict[str, Any]] = await self._ask("GET", "/calls")
        return [call for call in calls if provider in {"", call["provider"]}]

    async def script(self, *replies: dict[str, Any]) -> None:
        """Queue the LLM's next replies; see `gemini.Scripted` for the fields."""
        await self._ask("PUT", "/gemini/script", list(replies))

    async def hears(self, *utterances: dict[str, Any]) -> None:
        """What the next utterances are heard as: `{"text": "Sí, claro.", "language": "es"}`."""
        await self._ask("PUT", "/deepgram/hears", list(utterances))

    async def reset(self) -> None:
        """All avatars leave; no faults, no script, no records."""
        await self._ask("POST", "/reset")

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, self.control_url + path, json=body) as answer:
            content = await answer.json()
            if answer.status >= 400:
                raise ValueError(content.get("error", f"{path}: {answer.status}"))
            return content


@contextlib.asynccontextmanager
async def stand_ins(
    *, faults: Sequence[str] = (), latency: str = "real", log: Path | None = None
) -> AsyncIterator[StandIns]:
    """Run the stand-ins as a subprocess until the block ends.

    Args:
        faults: in force from the start.
        latency: `real` or `none`.
        log: where its stderr goes; ours where None.

    Raises:
        UnknownFault: see `faults`.
        MissingTool: it ended, or was not ready within 60 s.
    """
    for text in faults:
        parse_fault(text)
    arguments = ["--until-stdin-closes", "--latency", latency]
    arguments += [part for text in faults for part in ("--fault", text)]
    with contextlib.ExitStack() as files:
        err: IO[bytes] | None = files.enter_context(log.open("ab")) if log else None
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "agent.demo.stand_ins", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=err,
            cwd=_ROOT,
            # Ctrl-C ends the demo, and the demo ends the stand-ins.
            start_new_session=os.name != "nt",
        )
    assert process.stdin
    assert process.stdout
    try:
        try:
            line = await asyncio.wait_for(process.stdout.readline(), _READY_TIMEOUT_S)
        except TimeoutError:
            raise MissingTool("the stand-ins were not ready in time") from None
        if not line:
            raise MissingTool("the stand-ins ended at once; see their log")
        timeout = aiohttp.ClientTimeout(total=_CONTROL_TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            yield StandIns(**json.loads(line), process=process, http=http)
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _STOP_TIMEOUT_S)
        except TimeoutError:
            process.kill()
            await process.wait()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m agent.demo.stand_ins",
        description="Stand-ins for Beyond Presence, Deepgram and Gemini on 127.0.0.1.",
        epilog=f"faults:\n{describe_faults()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--fault", action="append", default=[], metavar="F", help="see below")
    parser.add_argument("--latency", choices=("real", "none"), default="real")
    for name in ("bey", "deepgram", "gemini", "control"):
        parser.add_argument(f"--port-{name}", type=int, default=0, metavar="N")
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="end when the parent process does"
    )
    options = parser.parse_args(arguments)
    try:
        for text in options.fault:
            parse_fault(text)
    except UnknownFault as e:
        parser.exit(2, f"{e}\n")
    return options


async def _run(options: argparse.Namespace) -> None:
    # Here, not above: who only starts this process needs none of what it loads.
    from agent.demo.providers.control import Ports, running

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: KeyboardInterrupt does it
            loop.add_signal_handler(number, stop.set)
    ports = Ports(
        bey=options.port_bey,
        deepgram=options.port_deepgram,
        gemini=options.port_gemini,
        control=options.port_control,
    )
    if options.until_stdin_closes:
        # A thread: on Windows the event loop cannot read a pipe that it did not make.
        threading.Thread(target=_when_stdin_closes, args=(loop, stop), daemon=True).start()
    async with running(faults=options.fault, latency=options.latency, ports=ports) as ready:
        print(json.dumps(ready), flush=True)
        await stop.wait()


def _when_stdin_closes(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 1024):
            pass
    with contextlib.suppress(RuntimeError):  # it has ended already
        loop.call_soon_threadsafe(stop.set)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until told to stop; a taken port is one line and exit code 1."""
    options = _options(arguments)
    logging.basicConfig(level=logging.WARNING, format="stand-ins: %(message)s")
    # The runner reports every late frame; on a busy machine that is a line a second.
    logging.getLogger("livekit").setLevel(logging.ERROR)
    try:
        asyncio.run(_run(options))
    except OSError as e:
        sys.exit(f"stand-ins: {e.strerror or e}")
    except KeyboardInterrupt:
        pass
    # Everything has been closed. LiveKit's native library can wait for ever in its exit handler
    # once rooms have been deleted under their participants (livekit 1.1.21); nothing needs it.
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
