"""Tools that take long (npm, go): run with a report of their progress, and always ended."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from agent.demo.processes import last_lines, running

_REPORT_EVERY_S = 5.0
_END_S = 3.0
_WIDTH = 70


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
    step, now = what.partition(" (")[0], asyncio.get_running_loop().time
    began = now()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "output"
        # At SIGINT, go and npm clean up.
        async with running(
            *command,
            log=log,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            end_with=signal.SIGINT,
            end_s=_END_S,
        ) as process:
            while process.returncode is None:
                left_s = began + timeout_s - now()
                if left_s <= 0:
                    raise MissingTool(f"{what}: not done after {timeout_s:g} s: {_end_of(log)}")
                try:
                    await asyncio.wait_for(process.wait(), min(_REPORT_EVERY_S, left_s))
                except TimeoutError:
                    last = "".join(f": {line[:_WIDTH]}" for line in last_lines(log)[-1:])
                    say(f"… {step}, {now() - began:.0f} s{last}")
        if process.returncode:
            raise MissingTool(f"{what} failed ({' '.join(command)}): {_end_of(log)}")
        return "\n".join(last_lines(log))


def _end_of(log: Path) -> str:
    return " / ".join(last_lines(log))[-800:] or "no output"


def version_of(tool: str) -> tuple[int, ...]:
    """A tool's version, like (1, 24, 2); empty if it does not say."""
    try:
        output = subprocess.run([tool, "--version"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", output.stdout)
    return tuple(int(part) for part in found.groups() if part) if found else ()
