"""The page of `web/`, built when its sources are newer than the last build."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from agent.demo.livekit_server import MissingTool

WEB = Path(__file__).resolve().parents[2] / "web"
DIST = WEB / "dist"

_SOURCES = ("src", "public", "index.html", "package-lock.json", "vite.config.ts", "tsconfig.json")
_NPM_TIMEOUT_S = 600.0


async def ensure_page(say: Callable[[str], None] = lambda _: None) -> Path:
    """The folder of the built page; installs and builds what is missing or stale.

    Raises:
        MissingTool: no npm, or it failed.
    """
    if not _stale():
        return DIST
    npm = shutil.which("npm")
    if npm is None:
        raise MissingTool("npm is not on PATH: install Node.js 20 or later to build the page")
    if _older(WEB / "node_modules" / ".package-lock.json", [WEB / "package-lock.json"]):
        say("installing the page's packages (npm ci)")
        await _run(npm, "ci", "--no-audit", "--no-fund")
    say("building the page")
    await _run(npm, "run", "build")
    return DIST


def _stale() -> bool:
    files = [
        f
        for name in _SOURCES
        for f in ([WEB / name] if (WEB / name).is_file() else (WEB / name).rglob("*"))
        if f.is_file()
    ]
    return _older(DIST / "index.html", files)


def _older(made: Path, sources: list[Path]) -> bool:
    return not made.exists() or any(s.stat().st_mtime > made.stat().st_mtime for s in sources)


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=WEB,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), _NPM_TIMEOUT_S)
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        tail = out.decode(errors="replace").strip()[-800:]
        raise MissingTool(f"{' '.join(command[1:])} failed in {WEB}: {tail}")
