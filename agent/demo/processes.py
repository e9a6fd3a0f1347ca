"""Child processes of the demo and the tests: started with a log, watched, and always ended.

Services run until a block ends. Tools (npm, go) take long, and report their progress.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import aiohttp

_END_S = 8.0
_TOOL_END_S = 3.0
_REPORT_EVERY_S = 5.0
_WIDTH = 70
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""Colours, and the cursor movements of progress bars."""


def cache_dir() -> Path:
    """The folder for everything that is built once: `$XDG_CACHE_HOME/training-greeter`."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "training-greeter"


class DemoError(Exception):
    """Something that the demo needs is missing or has failed; the text says what to do."""


@contextlib.asynccontextmanager
async def running(
    *command: str,
    log: Path,
    env: Mapping[str, str],
    cwd: Path | None = None,
    end_with: signal.Signals = signal.SIGTERM,
    end_s: float = _END_S,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a command until the block ends. It also ends if this process dies.

    Args:
        log: its output goes here.
        env: its whole environment.
        end_with: the signal that ends it.
        end_s: it is killed if it has not ended so long after the signal.
    """
    # With it, the kernel kills the command if this process is killed. Without it (util-linux), only
    # a kill leaves children behind.
    prefix = [it, "--pdeathsig", "KILL", "--"] if (it := shutil.which("setpriv")) else []
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *prefix,
            *command,
            cwd=cwd,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl-C reaches the demo alone, which ends its children in order.
            start_new_session=os.name != "nt",
        )
    try:
        yield process
    finally:
        await end(process, number=end_with, end_s=end_s)


async def end(
    process: asyncio.subprocess.Process,
    *,
    number: signal.Signals = signal.SIGTERM,
    end_s: float = _END_S,
) -> None:
    """Send a signal; after `end_s` kill the process, and in any case all that it has started."""
    # ValueError: Windows has no SIGINT to send.
    with contextlib.suppress(ProcessLookupError, TimeoutError, ValueError):
        process.send_signal(number)
        await asyncio.wait_for(process.wait(), end_s)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name != "nt":
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    await process.wait()


def cancel_at_signals(announce: Callable[[], None] = lambda: None) -> None:
    """Cancel the current task at the first signal that ends a process; ignore later ones."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def cancel() -> None:
        if not task.cancelling():
            announce()
            task.cancel()

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        with contextlib.suppress(NotImplementedError, AttributeError):  # Windows
            loop.add_signal_handler(getattr(signal, name), cancel)


def child(
    *module: str, env: Mapping[str, str], log: Path
) -> contextlib.AbstractAsyncContextManager[asyncio.subprocess.Process]:
    """Run `python -m module…` until the block ends, with this environment and PATH and the like."""
    environment = {**plain_environment(), **env, "PYTHONUNBUFFERED": "1"}
    # Not in our folder: a developer's .env must not change what these processes do.
    return running(sys.executable, "-m", *module, log=log, env=environment, cwd=log.parent)


def plain_environment() -> dict[str, str]:
    """What `python -m agent…` needs to run in any folder, without the developer's keys."""
    keep = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT", "USERPROFILE")
    kept = {name: os.environ[name] for name in keep if name in os.environ}
    return {**kept, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


async def wait_until_ready(
    name: str, url: str, process: asyncio.subprocess.Process, log: Path, timeout_s: float
) -> str:
    """Wait until `url` answers 200, and return what it answers.

    Raises:
        DemoError: the process ended, or was not ready in time; the text names its log.
    """
    deadline = asyncio.get_running_loop().time() + timeout_s
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:
        while asyncio.get_running_loop().time() < deadline:
            if process.returncode is not None:
                raise DemoError(f"{name} ended with {process.returncode}: {_end_of(log)} ({log})")
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with http.get(url) as answer:
                    if answer.status == 200:
                        return await answer.text()
            await asyncio.sleep(0.1)
    raise DemoError(f"{name} was not ready within {timeout_s:g} s: {_end_of(log)} ({log})")


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
        DemoError: it failed, or took too long; the text has the end of its output.
    """
    say(what)
    step, now = what.partition(" (")[0], asyncio.get_running_loop().time
    began = now()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "output"
        environment = {**os.environ, **(env or {})}
        async with running(
            *command,
            log=log,
            env=environment,
            cwd=cwd,
            end_with=signal.SIGINT,  # go and npm clean up
            end_s=_TOOL_END_S,
        ) as process:
            while process.returncode is None:
                left_s = began + timeout_s - now()
                if left_s <= 0:
                    raise DemoError(f"{what}: not done after {timeout_s:g} s: {_end_of(log)}")
                try:
                    await asyncio.wait_for(process.wait(), min(_REPORT_EVERY_S, left_s))
                except TimeoutError:
                    last = "".join(f": {line[:_WIDTH]}" for line in _last_lines(log)[-1:])
                    say(f"… {step}, {now() - began:.0f} s{last}")
        if process.returncode:
            raise DemoError(f"{what} failed ({' '.join(command)}): {_end_of(log)}")
        return "\n".join(_last_lines(log))


def _end_of(log: Path) -> str:
    return " / ".join(_last_lines(log))[-800:] or "no output"


def _last_lines(log: Path) -> list[str]:
    """The last lines of an output; a carriage return begins a new one, as in progress bars."""
    text = _ESCAPES.sub("", log.read_text(errors="replace")[-8000:])
    return [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()][-40:]
