"""Tools that take long (npm, go): run with a report of their progress, and always ended."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from agent.demo.processes import end

_REPORT_EVERY_S = 5.0
_END_S = 3.0
_LINES_KEPT = 40
_WIDTH = 70

# Colours, and the cursor movements of progress bars.
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def cache_dir() -> Path:
    """The folder for everything that is built once: `$XDG_CACHE_HOME/training-greeter`."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "training-greeter"


class MissingTool(Exception):
    """Something the demo needs is not on this machine; the text says how to get it."""


async def run_tool(
    what: str,
    *command: str,
    say: Callable[[str], None],
    timeout_s: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a tool to its end and report its progress every few seconds.

    Args:
        what: description for the progress line.
        command: the tool and its arguments.
        say: called with the elapsed time and the tool's last line.
        timeout_s: the tool is ended after this time.
        env: added to our own environment.

    Returns:
        The last lines of its output.

    Raises:
        MissingTool: it failed, or took too long; the text has the end of its output.
    """
    say(what)
    began = time.monotonic()
    lines: deque[str] = deque(maxlen=_LINES_KEPT)
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        # Ctrl-C reaches us alone; we then end the tool with all that it has started.
        start_new_session=os.name != "nt",
    )
    reporting = asyncio.create_task(_report(what, began, lines, say))
    try:
        async with asyncio.timeout(timeout_s):
            assert process.stdout
            await _read(process.stdout, lines)
            await process.wait()
    except TimeoutError:
        raise MissingTool(f"{what}: not done after {timeout_s:g} s: {_tail(lines)}") from None
    finally:
        reporting.cancel()
        # At SIGINT, go and npm clean up.
        await end(process, number=signal.SIGINT, end_s=_END_S)
    if process.returncode:
        raise MissingTool(f"{what} failed ({' '.join(command)}): {_tail(lines)}")
    return "\n".join(lines)


async def _read(output: asyncio.StreamReader, lines: deque[str]) -> None:
    """Keep the last lines; a carriage return begins a new one, as in progress bars."""
    rest = ""
    while chunk := await output.read(4096):
        text = rest + _ESCAPES.sub("", chunk.decode(errors="replace")).replace("\r", "\n")
        *whole, rest = text.split("\n")
        lines.extend(line.strip() for line in whole if line.strip())
    if rest.strip():
        lines.append(rest.strip())


async def _report(what: str, began: float, lines: deque[str], say: Callable[[str], None]) -> None:
    step = what.partition(" (")[0]
    while True:
        await asyncio.sleep(_REPORT_EVERY_S)
        last = f": {lines[-1][:_WIDTH]}" if lines else ""
        say(f"… {step}, {time.monotonic() - began:.0f} s{last}")


def _tail(lines: deque[str]) -> str:
    return " / ".join(lines)[-800:] or "no output"


async def version_of(tool: str, *arguments: str) -> tuple[int, ...]:
    """A tool's version, like (1, 24, 2); empty if it does not say."""
    try:
        process = await asyncio.create_subprocess_exec(
            tool,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return ()
    out, _ = await process.communicate()
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", out.decode(errors="replace"))
    return tuple(int(part) for part in found.groups() if part) if found else ()


def spelled(version: tuple[int, ...]) -> str:
    """(1, 24) as people write it."""
    return ".".join(str(part) for part in version)
