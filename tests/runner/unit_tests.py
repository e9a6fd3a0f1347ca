"""Runs the unit tests in pytest processes that share their imports; all arguments go to pytest.

Importing the product takes 4 s of CPU time, a tenth of all unit tests. On Linux, this process
imports it once and then forks. pytest-xdist would import it and collect all tests in every process.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import sys
import tempfile
import time
from multiprocessing.connection import wait
from pathlib import Path

import pytest

UNIT_TESTS = Path(__file__).resolve().parents[1] / "unit"
_IMPORTED_ONCE = (
    *("agent.token_endpoint.app", "hypothesis", "tests.fakes.greeting", "tests.support.product"),
)
"""With these, most that any unit test imports is there; no test file, as pytest rewrites those."""


class _Part:
    """Some of the test files, in a process that writes to a file what it prints."""

    def __init__(self, name: str, arguments: list[str], output: Path) -> None:
        self._name = name
        self._output = output
        self._began = time.monotonic()
        self._process = multiprocessing.Process(target=_run_pytest, args=(arguments, output))
        self._process.start()
        self.sentinel = self._process.sentinel

    def finish(self) -> int:
        """Print what the ended process printed; return its exit code."""
        self._process.join()
        code = self._process.exitcode or 0
        how = f"was ended by signal {-code}" if code < 0 else "ended"
        took_s = time.monotonic() - self._began
        text = self._output.read_text(encoding="utf-8", errors="replace")
        print(f"\n== {self._name} {how} after {took_s:.0f} s\n{text}", end="", flush=True)
        return code


def shares(files: list[str], number: int) -> list[list[str]]:
    """Share the files out among so many parts, or fewer if there are fewer files."""
    return [files[part::number] for part in range(min(number, len(files)))]


def exit_code(codes: list[int]) -> int:
    """Return the exit code of all parts: a part without a test counts only if no part has one."""
    ran = [code for code in codes if code != pytest.ExitCode.NO_TESTS_COLLECTED]
    if not ran:
        return int(pytest.ExitCode.NO_TESTS_COLLECTED)
    return int(any(ran))


def run_parts(parts: list[list[str]], pytest_arguments: list[str]) -> int:
    """Run pytest for each of these lists of files; return the exit code of all."""
    waiting = [(f"unit tests, part {n} of {len(parts)}", files) for n, files in enumerate(parts, 1)]
    running: dict[int, _Part] = {}
    codes: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        while waiting or running:
            while waiting and len(running) < _parts_at_a_time():
                name, files = waiting.pop(0)
                part = _Part(name, [*files, *pytest_arguments], Path(folder, name))
                running[part.sentinel] = part
            for sentinel in [s for s in wait(list(running)) if isinstance(s, int)]:
                codes.append(running.pop(sentinel).finish())
    return exit_code(codes)


def main(pytest_arguments: list[str]) -> int:
    """Run all unit tests; return the exit code."""
    # The largest files take longest: begin with them.
    paths = sorted(UNIT_TESTS.glob("test_*.py"), key=lambda path: -path.stat().st_size)
    files = [str(path) for path in paths]
    for name in _IMPORTED_ONCE:
        importlib.import_module(name)
    # Parse all scripts, which takes half a second.
    importlib.import_module("tests.support.shipped_scripts").shipped_script()
    # Otherwise each process's garbage collector searches all imported modules again and again.
    gc.freeze()
    # With only as many parts as run at a time, the longest one would run alone at the end.
    # Many small parts: in larger ones, a slow file would have others behind it.
    return run_parts(shares(files, 8 * _parts_at_a_time()), pytest_arguments)


def _parts_at_a_time() -> int:
    """Unit tests wait for more than half of their time."""
    return 3 * (os.cpu_count() or 2)


def _run_pytest(arguments: list[str], output: Path) -> None:
    with output.open("wb") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
    # Of plugins: pytest would rewrite their assertions.
    already_imported = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
    options = ("-p", "no:xdist", "-q", "--durations", "5", *already_imported)
    sys.exit(pytest.main([*options, *arguments]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
