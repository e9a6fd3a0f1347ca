"""Child processes of the demo and the tests: started with a log, watched, and always ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp

_END_S = 8.0
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""Colours, and the cursor movements of progress bars."""


class ChildFailed(Exception):
    """A child ended or did not become ready; the text names its log."""


@contextlib.asynccontextmanager
async def running(
    *command: str,
    log: Path | None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdout_pipe: bool = False,
    end_with: signal.Signals = signal.SIGTERM,
    end_s: float = _END_S,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a command until the block ends. It also ends if this process dies.

    Args:
        log: its output goes here; None: to ours.
        env: its whole environment; None: ours.
        stdout_pipe: `process.stdout` can be read; only its stderr is logged.
        end_with: the signal that ends it.
        end_s: it is killed if it has not ended so long after the signal.
    """
    with contextlib.ExitStack() as files:
        out = files.enter_context(log.open("ab")) if log else None
        process = await asyncio.create_subprocess_exec(
            *_ends_with_us(),
            *command,
            cwd=cwd,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if stdout_pipe else out,
            stderr=out,
            # Ctrl-C reaches the demo alone, which ends its children in order.
            start_new_session=os.name != "nt",
        )
    try:
        yield process
    finally:
        await end(process, number=end_with, end_s=end_s)


@contextlib.asynccontextmanager
async def child(
    name: str, *module: str, env: Mapping[str, str], log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `python -m module…` until the block ends.

    Args:
        name: for the reader of the call.
        module: the module and its arguments.
        env: its whole environment, except for PATH and the like.
        log: its output goes here.
    """
    environment = {**plain_environment(), **env, "PYTHONUNBUFFERED": "1"}
    command = (sys.executable, "-m", *module)
    # Not in our folder: a developer's .env must not change what these processes do.
    async with running(*command, log=log, env=environment, cwd=log.parent) as process:
        yield process


def _ends_with_us() -> list[str]:
    """A prefix that makes the kernel kill the command if this process is killed.

    Empty without `setpriv` (util-linux): then only a kill leaves children behind.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


async def end(
    process: asyncio.subprocess.Process,
    *,
    number: signal.Signals = signal.SIGTERM,
    end_s: float = _END_S,
) -> None:
    """Send a signal; after `end_s` kill the process, and in any case all that it has started."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, ValueError):
            process.send_signal(number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), end_s)
    if os.name != "nt":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def wait_until_ready(
    name: str, url: str, process: asyncio.subprocess.Process, log: Path, timeout_s: float
) -> None:
    """Wait until `url` answers 200.

    Raises:
        ChildFailed: the child ended, or was not ready in time.
    """
    deadline = asyncio.get_running_loop().time() + timeout_s
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:
        while asyncio.get_running_loop().time() < deadline:
            if process.returncode is not None:
                raise ChildFailed(f"{name} ended with {process.returncode}: {_tail(log)}")
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with http.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)
    raise ChildFailed(f"{name} was not ready within {timeout_s:g} s: {_tail(log)}")


def _tail(log: Path) -> str:
    return f"{' / '.join(last_lines(log)[-3:])[-500:]} (the whole log is {log})"


def last_lines(log: Path) -> list[str]:
    """The last lines of an output; a carriage return begins a new one, as in progress bars."""
    text = _ESCAPES.sub("", log.read_text(errors="replace")[-8000:])
    return [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()][-40:]


def plain_environment() -> dict[str, str]:
    """What `python -m agent…` needs to run in any folder, without the developer's keys."""
    keep = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT", "USERPROFILE")
    kept = {name: os.environ[name] for name in keep if name in os.environ}
    return {**kept, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
