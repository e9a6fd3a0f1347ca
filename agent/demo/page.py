"""The page and the custom element of `web/`, built when their sources are newer than the build."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from agent.demo.processes import DemoError, run_tool

WEB = Path(__file__).resolve().parents[2] / "web"
DIST = WEB / "dist"

_SOURCES = (
    *("src", "public", "index.html", "build-element.js"),
    *("package-lock.json", "vite.config.ts", "tsconfig.json"),
)
_BUILT = ("index.html", "greeter.json")
"""The page, and the element, which `npm pack` builds alone."""
_NPM_TIMEOUT_S = 600.0


async def ensure_page(say: Callable[[str], None] = lambda _: None) -> Path:
    """The folder of the built page; installs and builds what is missing or stale.

    A `node_modules` that is a link is used as it is: it belongs to another checkout.

    Raises:
        DemoError: there is no npm, Node.js is too old, or the build failed.
    """
    paths = [path for name in _SOURCES for path in (WEB / name, *(WEB / name).rglob("*"))]
    sources = [path for path in paths if path.is_file()]
    if not any(_older(DIST / name, sources) for name in _BUILT):
        return DIST
    npm = shutil.which("npm")
    if npm is None:
        raise DemoError("npm is not on PATH: install Node.js 20.19 or later, https://nodejs.org/")
    modules = WEB / "node_modules"
    # npm ci empties the folder first, and would follow a link into another checkout.
    own = not modules.is_symlink()
    if own and _older(modules / ".package-lock.json", [WEB / "package-lock.json"]):
        # At this level npm names every package as it comes.
        install = ("ci", "--no-audit", "--no-fund", "--loglevel=http")
        what = "installing the page's packages (npm ci)"
        await run_tool(what, npm, *install, say=say, timeout_s=_NPM_TIMEOUT_S, cwd=WEB)
    what = "building the page (with Node.js 20.19 or later)"
    await run_tool(what, npm, "run", "build", say=say, timeout_s=_NPM_TIMEOUT_S, cwd=WEB)
    return DIST


def _older(made: Path, sources: list[Path]) -> bool:
    return not made.exists() or any(s.stat().st_mtime > made.stat().st_mtime for s in sources)
