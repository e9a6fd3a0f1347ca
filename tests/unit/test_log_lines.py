"""An event is one line, for a program and for a person."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from agent.telemetry.log_lines import JsonLine, TextLine


@pytest.fixture
def failed() -> logging.LogRecord:
    try:
        raise ValueError("a\nb")
    except ValueError:
        record = logging.getLogger("x").makeRecord(
            *("x", logging.ERROR, "f.py", 1, "it %s", ("broke",), sys.exc_info()),
            extra={"session_id": "7", "why": "two words", "nothing": None, "empty": ""},
        )
    return record


def test_json_has_every_field_and_is_one_line(failed: logging.LogRecord) -> None:
    line = JsonLine().format(failed)
    assert "\n" not in line
    event = json.loads(line)
    assert event["message"] == "it broke"
    assert event["level"] == "ERROR"
    assert event["session_id"] == "7"
    assert event["why"] == "two words"
    assert "nothing" not in event
    assert "ValueError: a" in event["exc_info"]


def test_text_is_one_line_with_the_fields_after_the_message(failed: logging.LogRecord) -> None:
    line = TextLine().format(failed)
    assert "\n" not in line
    assert ' ERROR it broke session_id=7 why="two words" Traceback' in line
    assert "empty" not in line
