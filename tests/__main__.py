"""`make test`: sets up what a fresh machine lacks, then runs every check there is.

`--only check|unit|integration|browser|page` runs one part; further words go to pytest.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from agent.demo.livekit_server import MissingTool, ensure_binary
from agent.demo.page import WEB, ensure_page

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests")
    parser.add_argument("--only", choices=["check", "unit", "integration", "browser", "page"])
    options, pytest_arguments = parser.parse_known_args()
    only = options.only
    try:
        _set_up(only)
    except MissingTool as e:
        print(f"tests: {e}", file=sys.stderr)
        return 2

    steps: list[tuple[str, list[str], Path]] = []
    if only in {None, "check"}:
        steps += [
            ("ruff", [sys.executable, "-m", "ruff", "check", "agent", "tests"], ROOT),
            ("format", [sys.executable, "-m", "ruff", "format", "--check", "agent", "tests"], ROOT),
            ("mypy", [sys.executable, "-m", "mypy"], ROOT),
            ("eslint", ["npm", "run", "--silent", "lint"], WEB),
            ("tsc", ["npm", "run", "--silent", "typecheck"], WEB),
        ]
    if only in {None, "page"}:
        steps.append(("vitest", ["npm", "run", "--silent", "test"], WEB))
    if only not in {"check", "page"}:
        folder = {"unit": "tests/unit", "integration": "tests/integration"}.get(only or "", "tests")
        if only == "browser":
            folder = "tests/browser"
        steps.append(("pytest", [sys.executable, "-m", "pytest", folder, *pytest_arguments], ROOT))

    failed = []
    for name, command, folder in steps:
        started = time.monotonic()
        print(f"\n== {name}", flush=True)
        if subprocess.run(command, cwd=folder, check=False).returncode:
            failed.append(name)
        print(f"== {name}: {time.monotonic() - started:.0f} s", flush=True)
    print(f"\n{'failed: ' + ', '.join(failed) if failed else 'all checks passed'}")
    return int(bool(failed))


def _set_up(only: str | None) -> None:
    def say(what: str) -> None:
        print(f"setting up: {what}", flush=True)

    if only != "unit":
        asyncio.run(ensure_page(say))
    if only in {None, "integration", "browser"}:
        asyncio.run(ensure_binary(say))
    if only in {None, "browser"} and not shutil.which("chromium"):
        _install_debian("chromium")
    if only in {None, "integration"} and not shutil.which("redis-server"):
        _install_debian("redis-server")


def _install_debian(package: str) -> None:
    """From Debian, where we may; a clear word where not."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise MissingTool(f"{package} is not on PATH: install it, and run this again")
    print(f"setting up: installing {package} from Debian", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    if subprocess.run(command, check=False, env=quiet, stdout=subprocess.DEVNULL).returncode:
        raise MissingTool(f"apt-get could not install {package}")


if __name__ == "__main__":
    sys.exit(main())
