"""A pytest plugin: runs the test of a crashed worker process again, and reports what it did.

LiveKit's native library (livekit 1.1.21) sometimes aborts the process that uses it. If it aborts a
pytest-xdist worker, the test that ran there runs once more in a new worker. The summary names it.
A test that crashes its process twice has failed.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import pytest

from tests.support.restartable import DiedAgain, Restartable

T = TypeVar("T")

NOTES_FILE = "TESTS_NOTES_FILE"
"""Environment variable: the file to which the lines of the summary are added, too."""
REBUILT = "stage rebuilt"
"""Name of the user property with which a test reports that shared processes were replaced."""


class _Scheduler(Protocol):
    """The part of pytest-xdist's scheduler that is used here."""

    def mark_test_pending(self, item: str) -> None: ...


class CrashReports:
    """Collects crashes and rebuilt stages during the run, in the process that reports."""

    def __init__(self) -> None:
        self._crashes: Counter[str] = Counter()
        self._rebuilt: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(
        self, crashitem: str, report: pytest.TestReport, sched: _Scheduler
    ) -> None:
        """Schedule the test again if its process has crashed for the first time."""
        self._crashes[crashitem] += 1
        if self._crashes[crashitem] == 1:
            report.outcome = "rerun"  # type: ignore[assignment]
            sched.mark_test_pending(crashitem)

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        if str(report.outcome) == "rerun":
            return "rerun", "R", "CRASHED, RUNNING AGAIN"
        return None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "setup":
            self._rebuilt += [
                f"before {report.nodeid}: {why}"
                for name, why in report.user_properties
                if name == REBUILT
            ]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        lines = []
        for test, times in self._crashes.items():
            again = "the second run counts" if times == 1 else f"{times} times: this is a failure"
            lines.append(
                f"CRASHED {test}: its process was aborted, probably by LiveKit's native library; "
                f"{again}"
            )
        lines += [f"REBUILT {line}" for line in self._rebuilt]
        for line in lines:
            terminalreporter.write_line(line)
        if lines and (path := os.environ.get(NOTES_FILE)):
            with open(path, "a", encoding="utf-8") as notes:
                notes.writelines(f"{line}\n" for line in lines)


async def get_running(shared: Restartable[T], record_property: Callable[[str, object], None]) -> T:
    """Return a shared resource for one test; report if it was rebuilt, fail if it died again."""
    already_rebuilt = shared.rebuilt
    failure = ""
    try:
        value = await shared.get()
    except DiedAgain as e:
        failure = f"a shared process died again: {e}"
    if failure:
        pytest.fail(failure, pytrace=False)
    if shared.rebuilt != already_rebuilt:
        record_property(REBUILT, shared.rebuilt)
    return value
