"""Programs that are built here from a Go module, once, into a cache."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from agent.demo.tools import MissingTool, run_tool, spelled, version_of

_BUILD_TIMEOUT_S = 900.0
_OLDEST_GO = (1, 21)
"""From here on Go fetches by itself the newer Go that a module asks for."""


def cache_dir() -> Path:
    """Where what is built once lives: `$XDG_CACHE_HOME/training-greeter`."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "training-greeter"


async def ensure_go_tool(
    name: str,
    module: str,
    version: str,
    say: Callable[[str], None] = lambda _: None,
    *,
    takes: str,
    how: str,
) -> Path:
    """The program of a module, from the cache or built now.

    Args:
        name: what it is called here.
        module: the path of its main package.
        version: a tag, without `replace` directives in its go.mod, which `go install` refuses.
        takes: how long a build takes, in words.
        how: how else to come by it, in words.

    Raises:
        MissingTool: there is no Go that can build it, or it failed.
    """
    suffix = ".exe" if os.name == "nt" else ""
    cached = cache_dir() / f"{name}-{version}{suffix}"
    if cached.exists():
        return cached
    how = f"{how}, or install Go 1.24 or later from https://go.dev/dl/"
    if not (go := shutil.which("go")):
        raise MissingTool(f"{name} is not on PATH and there is no Go to build it with: {how}")
    if (found_go := await version_of(go, "version")) and found_go < _OLDEST_GO:
        raise MissingTool(
            f"{name} is not on PATH and Go {spelled(found_go)} is too old to build it: {how}"
        )
    cached.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cached.parent) as build:
        await run_tool(
            f"building {name} {version} once ({takes})",
            # With -v it names every package as it is built.
            *(go, "install", "-v", f"{module}@{version}"),
            say=say,
            timeout_s=_BUILD_TIMEOUT_S,
            env={"GOBIN": build},
        )
        os.replace(Path(build) / f"{module.rpartition('/')[2]}{suffix}", cached)
    return cached
