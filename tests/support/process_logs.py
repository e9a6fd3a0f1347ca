"""Reading what our processes log as JSON lines, and what this process has logged."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest


def read_events(log: Path) -> list[dict[str, Any]]:
    """Return what a process has logged so far, without the lines that are not JSON objects."""
    return parse_events(log.read_text(errors="replace").splitlines())


def parse_events(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Return the lines that are JSON objects."""
    found = []
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            found.append(event)
    return found


def job_process_id(events: list[dict[str, Any]], session_id: str) -> int:
    """Return the process id of a session's job.

    Raises:
        AssertionError: no line of the log names both.
    """
    for event in events:
        if event.get("session_id") == session_id and event.get("pid"):
            return int(event["pid"])
    raise AssertionError("no such job in the log")


def logged(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    """Return the fields of every record of this process with this `event`."""
    return [vars(record) for record in caplog.records if vars(record).get("event") == event]
