"""Runs the steps one after another and prints the summary."""

from __future__ import annotations

import itertools
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.runner.prerequisites import NEEDED_BY
from tests.runner.steps import Step, cores
from tests.support.crash_reports import NOTES_FILE

Result = tuple[str, bool, float]
"""Of one step: name, whether it passed, seconds."""
_NO_TESTS = 5
"""Exit code of pytest if its arguments select no test."""
_NOT_RUN_WITHOUT_PAGE = ("eslint", "tsc", "vitest")


def run_steps(steps: list[Step], missing: dict[str, str]) -> int:
    """Run every step, whether or not an earlier one failed; return the exit code."""
    # Some images set it. Every process of the tests would then compile all its modules again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.monotonic()
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder, "notes")
        notes.touch()
        for one_core, group in itertools.groupby(steps, key=lambda step: step.one_core):
            if one_core:
                with ThreadPoolExecutor(cores()) as places:
                    results += places.map(_run_quietly, group)
            else:
                results += [_run(step, notes) for step in group]
        crashes = notes.read_text(encoding="utf-8").splitlines()
    print(f"\n{summary(results, missing, time.monotonic() - began, crashes)}")
    return int(bool(missing) or not all(passed for _, passed, _ in results))


def _run(step: Step, notes: Path) -> Result:
    started = time.monotonic()
    print(f"\n== {step.name}", flush=True)
    environment = {**os.environ, NOTES_FILE: str(notes)}
    done = subprocess.run(step.command, cwd=step.folder, env=environment, check=False)
    code = done.returncode
    return step.name, _has_passed(step, code), time.monotonic() - started


def _run_quietly(step: Step) -> Result:
    """Run one of several steps at a time; print its output when it has ended."""
    started = time.monotonic()
    done = subprocess.run(
        step.command,
        cwd=step.folder,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    print(f"\n== {step.name}\n{done.stdout}", end="", flush=True)
    return step.name, _has_passed(step, done.returncode), time.monotonic() - started


def _has_passed(step: Step, code: int) -> bool:
    return code == 0 or (code == _NO_TESTS and step.may_be_empty)


def summary(
    results: list[Result], missing: dict[str, str], took_s: float, crashes: Sequence[str] = ()
) -> str:
    """Return the summary as text.

    Args:
        results: of each step.
        missing: each missing prerequisite, and why.
        took_s: of all steps.
        crashes: names the tests whose processes crashed, and processes that were replaced.
    """
    lines = ["== summary"]
    for name, passed, seconds in results:
        lines.append(f"{'passed' if passed else 'FAILED':8} {seconds:5.0f} s  {name}")
    for name, why in missing.items():
        lines += [f"NOT RUN because {name} is missing: {', '.join(_needing(name))}", f"  {why}"]
    lines += crashes
    failed = [name for name, passed, _ in results if not passed]
    problems = [*failed, *(f"{name} is missing" for name in missing)]
    verdict = f"failed: {', '.join(problems)}" if problems else "all checks passed"
    return "\n".join([*lines, f"{verdict} ({took_s / 60:.1f} min)"])


def _needing(missing: str) -> tuple[str, ...]:
    without_page = _NOT_RUN_WITHOUT_PAGE if missing == "page" else ()
    return (*without_page, *NEEDED_BY[missing])
