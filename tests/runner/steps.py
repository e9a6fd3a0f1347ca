"""The steps of `make test`, in order, with their commands."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from agent.demo.page import WEB
from tests.runner.prerequisites import NEEDED_BY

ROOT = Path(__file__).resolve().parents[2]
_PYTHON_SOURCES = ("agent", "tests", "examples")
_PRODUCT_FOLDERS = ("browser", "faults", "integration", "standins", "deploy", "soak")
_NEED_THE_WHOLE_MACHINE = (
    "tests/integration/test_single_flight.py",
    "tests/soak/test_soak.py",
    "tests/standins/test_deepgram.py",
)
"""Tests that start many jobs at once or recognise speech in real time; they run one by one."""
_OTHERS = ("tests/soak",)
"""Run by `make soak`, but for the file above."""
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
    may_be_empty: bool = False
    """Whether it is no failure if pytest finds no test."""
    failed_alone: tuple[str, ...] = ()
    """Runs the tests that failed again, one by one; empty if they ran alone already."""


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
        steps.append(_pytest("unit tests", ["tests/unit"], cores + 1, pytest_arguments))
    folders = [f"tests/{f}" for f in _PRODUCT_FOLDERS if group in {None, "product", f}]
    impossible = [path for name in sorted(missing) for path in NEEDED_BY[name]]
    alone = [
        path
        for path in _NEED_THE_WHOLE_MACHINE
        if _is_in(path, folders) and not _is_in(path, impossible)
    ]
    together = [f for f in folders if f not in _OTHERS and not _is_in(f, impossible)]
    if together:
        left_out = dict.fromkeys([*impossible, *_NEED_THE_WHOLE_MACHINE])
        ignored = [f"--ignore={path}" for path in left_out if _is_in(path, together)]
        # The tests mostly wait. More processes would delay each other, and tests measure delays.
        number = processes or cores + 1
        name = "product tests, side by side"
        steps.append(_pytest(name, [*together, *ignored], number, pytest_arguments))
    if alone:
        steps.append(_pytest("product tests, one by one", alone, 1, pytest_arguments))
    return steps


def _is_in(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


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


def _pytest(name: str, paths: list[str], processes: int, arguments: list[str]) -> Step:
    program = (sys.executable, "-m", "pytest")
    restarts = ("--max-worker-restart", str(_RESTARTS))
    rest = ("-q", *paths, *arguments)
    return Step(
        name,
        (
            *(*program, "-n", str(processes), "--dist", "worksteal", *restarts),
            *("--durations", "10", *rest),
        ),
        may_be_empty=bool(arguments),
        failed_alone=(*program, "--last-failed", "-n", "1", *restarts, *rest),
    )
