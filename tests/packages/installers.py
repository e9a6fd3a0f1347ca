"""Run installers and generators in a folder of their own."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_TIMEOUT_S = 240


async def run(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run a command and return its output.

    Args:
        env: its whole environment; by default ours, with this machine's proxies and certificates.

    Raises:
        AssertionError: it failed; with its output.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env=env or os.environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), _TIMEOUT_S)
    assert process.returncode == 0, output.decode()
    return output.decode()


def uv() -> str:
    """Return the path of uv: `make packages` installs it into .cache if it is not on PATH."""
    found = shutil.which("uv") or str(ROOT / ".cache" / "uv" / "bin" / "uv")
    assert Path(found).exists(), "uv is missing; run `make packages`"
    return found
