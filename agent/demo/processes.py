"""Child processes of the demo and the tests: started with a log, watched, and always ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp

_END_S = 8.0
"""A child that has not ended this long after SIGTERM is killed."""


class ChildFailed(Exception):
    """A child ended or did not become ready; the text names its log."""


@contextlib.asynccontextmanager
async def child(
    name: str, *module: str, env: Mapping[str, str], log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `python -m module…` until the block ends.

    Args:
        name: what an operator calls it.
        module: the module and its arguments.
        env: its whole environment, but for PATH and the like.
        log: where its output goes.
    """
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *ends_with_us(),
            sys.executable,
            "-m",
            *module,
            # Away from the developer's .env: these processes have the environment they are given.
            cwd=log.parent,
            env={**plain_environment(), **env, "PYTHONUNBUFFERED": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            # Ctrl-C reaches the demo alone, which ends its children in order.
            start_new_session=os.name != "nt",
        )
    try:
        yield process
    finally:
        await end(process)


def ends_with_us() -> list[str]:
    """What to put before a command whose process must not outlive this one, even when it is killed.

    Empty where there is no `setpriv` (util-linux): there only a crash leaves children behind.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


async def end(process: asyncio.subprocess.Process) -> None:
    """SIGTERM, and SIGKILL to its whole group when that is not enough."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _END_S)
    if os.name != "nt":
        # Whatever it started and left behind goes with it.
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
    lines = log.read_text(errors="replace").strip().splitlines()
    return f"{' / '.join(lines[-3:])[-500:]} (all of it in {log})"


def plain_environment() -> dict[str, str]:
    """What `python -m agent…` needs to run from any folder; no key of the developer's is in it."""
    keep = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT", "USERPROFILE")
    kept = {name: os.environ[name] for name in keep if name in os.environ}
    return {**kept, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
