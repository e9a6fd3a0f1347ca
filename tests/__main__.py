"""`make test`: sets up what a fresh machine lacks, then runs every check there is.

`--only check|unit|deploy|integration|faults|soak|browser|page` runs one part; further words go to
pytest. What cannot run here for want of a tool is named at the end, and the whole has failed; the
rest runs all the same.
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

from agent.demo.livekit_server import ensure_binary
from agent.demo.page import WEB, ensure_page
from agent.demo.tools import MissingTool
from tests.browser.chromium import find_chromium
from tests.deploy.go_tools import ensure_compose, ensure_helm

ROOT = Path(__file__).resolve().parent.parent

_NEEDS = {
    "page": ["tests/browser", "tests/faults", "tests/integration", "tests/soak"],
    "livekit-server": [
        *("tests/browser", "tests/faults", "tests/integration", "tests/soak", "tests/standins")
    ],
    "chromium": ["tests/browser"],
    "helm": ["tests/deploy/test_chart.py"],
    "compose": ["tests/deploy/test_compose.py"],
    "redis-server": [
        "tests/integration/test_endpoint_redis.py",
        "tests/integration/test_store_redis.py",
        "tests/integration/test_two_of_each.py",
    ],
}
"""Which tests cannot run without what."""
_PYTHON = ("agent", "tests", "examples")
"""What ruff reads."""
_FOLDERS = {
    name: f"tests/{name}" for name in ("unit", "deploy", "integration", "faults", "soak", "browser")
}

Step = tuple[str, list[str], Path]

_AGAIN = ("--reruns", "2")
"""Some tests run a dozen processes on whatever machine this is: one that fails is run again, and
the summary says so. One that fails three times is broken."""
_APART = ("-n", "1", "--max-worker-restart", "3", "-v")
"""In a process of their own: should LiveKit's native library abort it, the test that was running
has failed, and the others run in the next one."""


def main() -> int:
    """Run the checks: 0 all passed, 1 something failed or could not run, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests")
    parser.add_argument("--only", choices=["check", "page", *_FOLDERS])
    options, pytest_arguments = parser.parse_known_args()
    try:
        return _run(options.only, pytest_arguments)
    except KeyboardInterrupt:
        print("\ntests: stopped", file=sys.stderr)
        return 130


def _run(only: str | None, pytest_arguments: list[str]) -> int:
    missing = _set_up(only)
    failed = []
    for name, command, folder in _steps(only, set(missing), pytest_arguments):
        started = time.monotonic()
        print(f"\n== {name}", flush=True)
        if subprocess.run(command, cwd=folder, check=False).returncode:
            failed.append(name)
        print(f"== {name}: {time.monotonic() - started:.0f} s", flush=True)
    for name, why in missing.items():
        print(f"\nnot run for want of {name}: {', '.join(_without(name))}\n  {why}")
    if failed or missing:
        print(f"\nfailed: {', '.join([*failed, *(f'{name} is missing' for name in missing)])}")
        return 1
    print("\nall checks passed")
    return 0


def _steps(only: str | None, missing: set[str], pytest_arguments: list[str]) -> list[Step]:
    """What can run."""
    steps: list[Step] = []
    if only in {None, "check"}:
        steps += [
            ("ruff", [sys.executable, "-m", "ruff", "check", *_PYTHON], ROOT),
            ("format", [sys.executable, "-m", "ruff", "format", "--check", *_PYTHON], ROOT),
            ("mypy", [sys.executable, "-m", "mypy"], ROOT),
            ("imports", [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"], ROOT),
        ]
    if only in {None, "check"} and "page" not in missing:
        steps += [
            ("eslint", ["npm", "run", "--silent", "lint"], WEB),
            ("tsc", ["npm", "run", "--silent", "typecheck"], WEB),
        ]
    if only in {None, "page"} and "page" not in missing:
        steps.append(("vitest", ["npm", "run", "--silent", "test"], WEB))
    folder = _FOLDERS.get(only, "tests") if only else "tests"
    impossible = [path for name in missing for path in _NEEDS[name]]
    if only not in {"check", "page"} and folder not in impossible:
        ignored = [f"--ignore={path}" for path in dict.fromkeys(impossible)]
        command = [
            sys.executable,
            "-m",
            "pytest",
            *_APART,
            *_AGAIN,
            folder,
            *ignored,
            *pytest_arguments,
        ]
        steps.append(("pytest", command, ROOT))
    return [(name, [_program(command[0]), *command[1:]], cwd) for name, command, cwd in steps]


def _program(name: str) -> str:
    return shutil.which(name) or name  # on Windows npm is npm.cmd


def _without(missing: str) -> list[str]:
    return [*(["eslint", "tsc", "vitest"] if missing == "page" else []), *_NEEDS[missing]]


def _set_up(only: str | None) -> dict[str, str]:
    """Get what the checks need: what is still missing, and why."""
    missing: dict[str, str] = {}
    if only not in {"unit", "deploy"}:
        try:
            asyncio.run(ensure_page(_say))
        except MissingTool as e:
            missing["page"] = str(e)
    if only in {None, "integration", "faults", "soak", "browser"}:
        try:
            asyncio.run(ensure_binary(_say))
        except MissingTool as e:
            missing["livekit-server"] = str(e)
    for name, ensure in (("helm", ensure_helm), ("compose", ensure_compose)):
        if only in {None, "deploy"}:
            try:
                asyncio.run(ensure(_say))
            except MissingTool as e:
                missing[name] = str(e)
    if only in {None, "browser"} and not find_chromium():
        _install_debian("chromium", missing)
    if only in {None, "integration"} and not shutil.which("redis-server"):
        _install_debian("redis-server", missing)
    return missing


def _say(what: str) -> None:
    print(f"setting up: {what}", flush=True)


def _install_debian(package: str, missing: dict[str, str]) -> None:
    """From Debian, where we may; a clear word where not."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        missing[package] = f"{package} is not on PATH: install it, and run this again"
        return
    _say(f"installing {package} from Debian")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet)
    # Its own lines say how far it is.
    command = ["apt-get", "install", "-y", "--no-install-recommends", package]
    if subprocess.run(command, check=False, env=quiet).returncode:
        missing[package] = f"apt-get could not install {package}"


if __name__ == "__main__":
    sys.exit(main())
