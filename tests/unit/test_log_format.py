"""The JSON and the text log format."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from agent.telemetry.log_format import JsonFormatter, TextFormatter


@pytest.fixture
def failed() -> logging.LogRecord:
    try:
        raise ValueError("a\nb")
    except ValueError:
        record = logging.getLogger("x").makeRecord(
            *("x", logging.ERROR, "f.py", 1, "it %s", ("broke",), sys.exc_info()),
            extra={
                "session_id": "7",
                "event": "it_broke",
                "why": "two words",
                "nothing": None,
                "empty": "",
            },
        )
    return record


def test_json_format_has_all_fields_on_one_line(failed: logging.LogRecord) -> None:
    line = JsonFormatter().format(failed)
    assert "\n" not in line
    event = json.loads(line)
    assert event["event"] == "it_broke"
    assert event["message"] == "it broke"
    assert event["level"] == "ERROR"
    assert event["session_id"] == "7"
    assert event["why"] == "two words"
    assert "nothing" not in event
    assert "ValueError: a" in event["exc_info"]


def test_text_format_has_the_event_and_fields_after_the_message(failed: logging.LogRecord) -> None:
    line = TextFormatter().format(failed)
    assert "\n" not in line
    assert ' ERROR it broke event=it_broke session_id=7 why="two words" Traceback' in line
    assert "empty" not in line
