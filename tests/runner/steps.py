"""The steps of `make test`, in order, with their commands."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from agent.demo.page import WEB
from tests.runner.prerequisites import NEEDED_BY

ROOT = Path(__file__).resolve().parents[2]
_PYTHON_SOURCES = ("agent", "tests", "examples")
_PRODUCT_FOLDERS = ("soak", "browser", "faults", "integration", "standins", "deploy")
"""Long tests come first, so that no process is left alone with one at the end."""
_ONLY = {"soak": "tests/soak/test_soak.py"}
"""`make soak` also runs the other tests of that folder, with a hundred greetings."""
GROUPS = ("check", "page", "unit", "product", *_PRODUCT_FOLDERS)
"""What `--only` accepts: `product` is all tests that start processes."""
_RESTARTS = 5
"""LiveKit's native library may abort so many pytest processes before the run is given up."""


@dataclass(frozen=True)
class Step:
    """One command of the run."""

    name: str
    command: tuple[str, ...]
    folder: Path = ROOT


def plan(
    group: str | None, missing: set[str], processes: int | None, pytest_arguments: list[str]
) -> list[Step]:
    """Return the steps that can run.

    Args:
        group: one of `GROUPS`; None for all.
        missing: prerequisites that are not there; the tests that need them are left out.
        processes: how many pytest processes run side by side.
        pytest_arguments: passed on to every pytest step.
    """
    steps: list[Step] = []
    if group in {None, "check"}:
        steps += _checks(page="page" not in missing)
    if group in {None, "page"} and "page" not in missing:
        steps.append(_npm("vitest", "test"))
    cores = os.cpu_count() or 2
    if group in {None, "unit"}:
        steps.append(_pytest("unit tests", ["tests/unit"], cores, pytest_arguments))
    folders = [
        _ONLY.get(f, f"tests/{f}") for f in _PRODUCT_FOLDERS if group in {None, "product", f}
    ]
    if folders:
        impossible = dict.fromkeys(path for name in sorted(missing) for path in NEEDED_BY[name])
        folders = [f for f in folders if not any(f.startswith(path) for path in impossible)]
        ignored = [f"--ignore={path}" for path in impossible]
        # The tests mostly wait. More processes would delay each other, and tests measure delays.
        number = processes or cores + 1
        if folders:
            name = "product tests" if group in {None, "product"} else f"{group} tests"
            steps.append(_pytest(name, folders, number, [*ignored, *pytest_arguments]))
    return steps


def _checks(*, page: bool) -> list[Step]:
    lint_imports = str(Path(sys.executable).with_name("lint-imports"))
    steps = [
        Step("ruff", (sys.executable, "-m", "ruff", "check", *_PYTHON_SOURCES)),
        Step("format", (sys.executable, "-m", "ruff", "format", "--check", *_PYTHON_SOURCES)),
        Step("mypy", (sys.executable, "-m", "mypy")),
        Step("imports", (lint_imports, "--no-logo")),
    ]
    return [*steps, _npm("eslint", "lint"), _npm("tsc", "typecheck")] if page else steps


def _npm(name: str, script: str) -> Step:
    # On Windows the program is npm.cmd.
    return Step(name, (shutil.which("npm") or "npm", "run", "--silent", script), WEB)


def _pytest(name: str, folders: list[str], processes: int, arguments: list[str]) -> Step:
    return Step(
        name,
        (
            *(sys.executable, "-m", "pytest", "-n", str(processes), "--dist", "worksteal"),
            *("--max-worker-restart", str(_RESTARTS), "-q", "--durations", "10"),
            *folders,
            *arguments,
        ),
    )
