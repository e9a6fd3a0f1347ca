"""How an event is written: one line, the same in both processes, for a program or for a person.

Whatever an event carries in `extra` becomes a field of its own; what may not be in a log at all is
`agent.core.log`'s to see to.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

from agent.core.log import RedactingFilter
from agent.core.settings.shared import LogSettings

_OF_EVERY_RECORD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_NO_CONTROLS: Final = dict.fromkeys([*range(32), *range(127, 160), 0x2028, 0x2029], " ")
"""What ends a line, or tells a terminal what to do: text from outside shall do neither."""


class JsonLine(logging.Formatter):
    """`{"timestamp": …, "level": …, "name": …, "message": …, "session_id": …}`."""

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "timestamp": _time(record),
            "level": record.levelname,
            "name": record.name,
            "message": record.getMessage(),
            **_fields(record),
            "pid": record.process,
        }
        if failure := _failure(self, record):
            event["exc_info"] = failure
        return json.dumps(event, ensure_ascii=False, default=str).translate(_NO_CONTROLS)


class TextLine(logging.Formatter):
    """`time LEVEL message key=value …`; a value with a space in it is quoted."""

    def format(self, record: logging.LogRecord) -> str:
        fields = (f"{key}={_word(value)}" for key, value in _fields(record).items() if value != "")
        words = [_time(record), record.levelname, record.getMessage(), *fields]
        if failure := _failure(self, record):
            words.append(failure)
        return " ".join(words).replace("\n", " | ").translate(_NO_CONTROLS)


def set_up_logs(settings: LogSettings) -> None:
    """Write every event to standard error, and nothing anywhere else; harmless when repeated."""
    as_text = settings.log_format == "text" or (settings.log_format is None and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(TextLine() if as_text else JsonLine())
    handler.addFilter(RedactingFilter(settings.secrets()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {
        key: value
        for key, value in vars(record).items()
        if key not in _OF_EVERY_RECORD and not key.startswith("_") and value is not None
    }


def _failure(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    if record.exc_info and not record.exc_text:
        record.exc_text = formatter.formatException(record.exc_info)
    return record.exc_text or ""


def _word(value: Any) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if set(text) & set(' "\n=') else text
