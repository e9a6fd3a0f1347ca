"""Run npm, uv and other installers."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from agent.demo.page import WEB
from agent.demo.processes import run_tool

ROOT = WEB.parent
_TIMEOUT_S = 240.0
_NPM = {
    "npm_config_cache": str(ROOT / ".cache" / "npm"),
    "npm_config_prefer_offline": "true",
    "npm_config_audit": "false",
    "npm_config_fund": "false",
}


async def run(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run a command and return the end of its output.

    Args:
        env: added to our own environment, which has this machine's proxies and certificates.

    Raises:
        DemoError: it failed, or took too long; with the end of its output.
    """
    what = f"{Path(command[0]).name} {command[1]}"
    return await run_tool(what, *command, say=print, timeout_s=_TIMEOUT_S, cwd=cwd, env=env)


async def npm(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run npm in the same way, with this checkout's cache."""
    program = shutil.which("npm")
    assert program, "npm is not on PATH"
    return await run(program, *arguments, cwd=cwd, env={**_NPM, **(env or {})})


def uv() -> str:
    """Return the path of uv: `make packages` installs it into .cache if it is not on PATH."""
    found = shutil.which("uv") or str(ROOT / ".cache" / "uv" / "bin" / "uv")
    assert Path(found).exists(), "uv is missing; run `make packages`"
    return found
