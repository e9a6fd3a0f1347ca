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
_TESTS = """
import os, pathlib

def test_before(): pass

def test_crashes_once():
    crashed = pathlib.Path("crashed")
    if not crashed.exists():
        crashed.touch()
        os.abort()

def test_crashes_twice(): os.abort()

def test_after(): pass
"""


def test_crash_reports_run_a_crashed_test_once_more_and_name_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    # Loading every installed plugin takes seconds.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    notes = pytester.path / "notes"
    monkeypatch.setenv("TESTS_NOTES_FILE", str(notes))
    pytester.makeconftest(_CONFTEST)
    pytester.makepyfile(_TESTS)
    result = pytester.runpytest_subprocess("-p", "xdist", "-n", "1", "--max-worker-restart", "5")
    result.assert_outcomes(passed=3, failed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines_random(
        [
            "CRASHED *test_crashes_once*second run counts*",
            "CRASHED *test_crashes_twice*2 times*",
        ]
    )
    assert sum(line.startswith("CRASHED ") for line in notes.read_text().splitlines()) == 2
