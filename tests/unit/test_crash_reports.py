"""A test whose process crashes runs once more, and the summary names it."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

_CONFTEST = """
from tests.support.crash_reports import CrashReports

def pytest_configure(config):
    config.pluginmanager.register(CrashReports())
"""


@pytest.fixture(autouse=True)
def _import_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    # Loading every installed plugin takes seconds.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def run(pytester: pytest.Pytester, test: str) -> pytest.RunResult:
    pytester.makeconftest(_CONFTEST)
    pytester.makepyfile(test)
    return pytester.runpytest_subprocess("-p", "xdist", "-n", "1", "--max-worker-restart", "3")


def test_crash_reports_run_the_crashed_test_again_and_name_it(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import os, pathlib

        def test_before(): pass

        def test_crashes_once():
            crashed = pathlib.Path("crashed")
            if not crashed.exists():
                crashed.touch()
                os.abort()

        def test_after(): pass
        """,
    )
    result.assert_outcomes(passed=3)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["CRASHED *test_crashes_once*second run counts*"])


def test_crash_reports_fail_a_test_that_crashes_twice(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import os

        def test_crashes(): os.abort()

        def test_after(): pass
        """,
    )
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["CRASHED *test_crashes*2 times*"])
