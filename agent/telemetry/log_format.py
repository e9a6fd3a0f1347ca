"""The log formats, JSON and text, of worker and token endpoint: one line for each record.

Each value in `extra` becomes a field. `agent.core.log` removes what must not be logged.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

from agent.core.log import RedactingFilter
from agent.core.settings.shared import LogSettings

_STANDARD_FIELDS: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_JSON: Final = json.JSONEncoder(ensure_ascii=False, default=str)
_NO_CONTROLS: Final = dict.fromkeys([*range(32), *range(127, 160), 0x2028, 0x2029], " ")
"""Control characters: text from outside must not start a new line or control a terminal."""


class JsonFormatter(logging.Formatter):
    """`{"timestamp": …, "level": …, "name": …, "message": …, "event": …, "session_id": …}`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": _time(record),
            "level": record.levelname,
            "name": record.name,
            "message": _message(record),
            **_fields(record),
            "pid": record.process,
        }
        if failure := _failure(self, record):
            line["exc_info"] = failure
        return _JSON.encode(line).translate(_NO_CONTROLS)


class TextFormatter(logging.Formatter):
    """`time LEVEL message event=… key=value …`; values that contain spaces are quoted."""

    def format(self, record: logging.LogRecord) -> str:
        fields = (
            f"{key}={_quoted(value)}" for key, value in _fields(record).items() if value != ""
        )
        words = [_time(record), record.levelname, _message(record), *fields]
        if failure := _failure(self, record):
            words.append(failure)
        return " ".join(words).replace("\n", " | ").translate(_NO_CONTROLS)


def set_up_logs(settings: LogSettings) -> None:
    """Write all logs to standard error and remove all other handlers. A repeat is harmless."""
    as_text = settings.log_format == "text" or (settings.log_format is None and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(TextFormatter() if as_text else JsonFormatter())
    handler.addFilter(RedactingFilter(settings.secrets(), only_counts=settings.only_counts))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _message(record: logging.LogRecord) -> str:
    """The message without the traceback, which a job's record has in `exc_text`, too."""
    message = record.getMessage()
    return message.removesuffix(f"\n{record.exc_text}") if record.exc_text else message


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields = {
        key: value
        for key, value in vars(record).items()
        if key not in _STANDARD_FIELDS and not key.startswith("_") and value is not None
    }
    event = {"event": fields.pop("event")} if "event" in fields else {}
    return event | fields


def _failure(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    if record.exc_info and not record.exc_text:
        record.exc_text = formatter.formatException(record.exc_info)
    return record.exc_text or ""


def _quoted(value: Any) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if set(text) & set(' "\n=') else text
