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
_PYTHON_SOURCES = ("agent", "tests", "examples", "integrations")
_PRODUCT_FOLDERS = ("browser", "faults", "integration", "standins", "deploy", "soak")
_WITH_TESTS_TO_RUN_ALONE = (
    "tests/integration/test_listening.py",
    "tests/integration/test_single_flight.py",
    "tests/standins/test_avatar.py",
    "tests/standins/test_deepgram.py",
    "tests/standins/test_gemini_live.py",
)
"""The files that have tests with the mark `alone`."""
_SOAK = "tests/soak/test_soak.py"
"""The only file of its folder that `make test` runs, with few greetings; see `make soak`."""
_VARIANTS = "variants"
"""Run by `make variants` only: the tests with the mark `variant`."""
_PACKAGES = "packages"
"""Run by `make packages` only: its tests install several hundred megabytes."""
GROUPS = ("check", "page", "unit", "product", *_PRODUCT_FOLDERS, _VARIANTS, _PACKAGES)
"""What `--only` accepts: `product` is all tests that start processes, without variants."""
_RESTARTS = 5
"""LiveKit's native library may abort so many pytest processes before the run is given up."""


@dataclass(frozen=True)
class Step:
    """One command of the run."""

    name: str
    command: tuple[str, ...]
    folder: Path = ROOT
    one_core: bool = False
    """Whether it uses one core at most; such steps in a row run side by side."""
    may_be_empty: bool = False
    """Whether the step passes if pytest finds no test."""


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
    if group in {None, "page"} and "page" not in missing:
        steps.append(Step("vitest", _npm("test"), WEB, one_core=True))
    if group in {None, "check"}:
        steps += _checks(page="page" not in missing)
    if group in {None, "unit"}:
        command = (sys.executable, "-m", "tests.runner.unit_tests", *pytest_arguments)
        steps.append(Step("unit tests", command, may_be_empty=bool(pytest_arguments)))
    if group == _PACKAGES:
        steps.append(_pytest("package tests", [f"tests/{_PACKAGES}"], 1, pytest_arguments))
    folders = [f"tests/{f}" for f in _PRODUCT_FOLDERS if group in {None, "product", f}]
    impossible = [path for name in sorted(missing) for path in NEEDED_BY[name]]
    ignored = [f"--ignore={path}" for path in impossible]
    paths = [_SOAK if f == "tests/soak" else f for f in folders]
    together = [path for path in paths if not _is_in(path, impossible)]
    # The tests mostly wait. Even more processes would delay each other.
    number = processes or cores() + 2
    if together:
        chosen = [*together, *(i for i in ignored if _is_in(i.partition("=")[2], together))]
        name = "product tests, side by side"
        marks = "not alone and not variant"
        steps.append(_pytest(name, [*chosen, "-m", marks], number, pytest_arguments))
    alone = [
        path
        for path in _WITH_TESTS_TO_RUN_ALONE
        if _is_in(path, folders) and not _is_in(path, impossible)
    ]
    if alone:
        chosen = [*alone, *(i for i in ignored if _is_in(i.partition("=")[2], alone))]
        steps.append(
            _pytest("product tests, one by one", [*chosen, "-m", "alone"], 1, pytest_arguments)
        )
    if group == _VARIANTS:
        everywhere = ["tests", *(f"--ignore=tests/{f}" for f in ("evals", _PACKAGES)), *ignored]
        steps.append(_pytest("variants", [*everywhere, "-m", "variant"], number, pytest_arguments))
    return steps


def cores() -> int:
    """How many steps with `one_core` run side by side."""
    return os.cpu_count() or 2


def _is_in(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _checks(*, page: bool) -> list[Step]:
    lint_imports = str(Path(sys.executable).with_name("lint-imports"))
    steps = [
        _check("mypy", sys.executable, "-m", "mypy"),
        _check("ruff", sys.executable, "-m", "ruff", "check", *_PYTHON_SOURCES),
        _check("format", sys.executable, "-m", "ruff", "format", "--check", *_PYTHON_SOURCES),
        _check("imports", lint_imports, "--no-logo"),
    ]
    if page:
        steps += [
            Step(name, _npm(script), WEB, one_core=True)
            for name, script in (("eslint", "lint"), ("tsc", "typecheck"))
        ]
    return steps


def _check(name: str, *command: str) -> Step:
    return Step(name, command, one_core=True)


def _npm(script: str) -> tuple[str, ...]:
    # On Windows the program is npm.cmd.
    return (shutil.which("npm") or "npm", "run", "--silent", script)


def _pytest(name: str, paths: list[str], processes: int, arguments: list[str]) -> Step:
    command = (
        *(sys.executable, "-m", "pytest", "-q", "-n", str(processes), "--dist", "worksteal"),
        *("--max-worker-restart", str(_RESTARTS), "--durations", "10", *paths, *arguments),
    )
    return Step(name, command, may_be_empty=bool(arguments))
