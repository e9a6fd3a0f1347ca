"""Logging: one logger, and what must never reach a log.

Ids are logged; tokens, keys, names and what people said are not. livekit-agents puts personal data
under keys with a `pii` segment, so those keys are dropped, whatever the level.
"""

from __future__ import annotations

import logging
import re
import traceback

logger = logging.getLogger("training_greeter")

_JWT = re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*")
_SOURCES = (
    "training_greeter",
    "livekit.agents",
    "livekit.plugins.bey",
    "livekit.plugins.deepgram",
    "livekit.plugins.google",
    "livekit",
    "asyncio",
)


class SafeLog(logging.Filter):
    """Drops personal data and blanks tokens (LiveKit's own 401 echoes the one it was given)."""

    def filter(self, record: logging.LogRecord) -> bool:
        for key in [k for k in record.__dict__ if "pii" in k.split(".")]:
            del record.__dict__[key]
        for key, value in list(record.__dict__.items()):
            if key not in {"msg", "args", "exc_info"} and isinstance(value, str | Exception):
                text = str(value)
                if _JWT.search(text):
                    record.__dict__[key] = _blank(text)
        message = record.getMessage() if isinstance(record.msg, str) else ""
        if _JWT.search(message):
            record.msg, record.args = _blank(message), None
        if record.exc_info and record.exc_info[1] is not None:
            text = "".join(traceback.format_exception(*record.exc_info)).strip()
            if _JWT.search(text):
                record.exc_info, record.exc_text = None, _blank(text)
        return True


def _blank(text: str) -> str:
    return _JWT.sub("<token>", text)


def keep_logs_safe() -> None:
    """Put the filter where records are made; once in every process, harmless when repeated."""
    for name in _SOURCES:
        source = logging.getLogger(name)
        if not any(isinstance(f, SafeLog) for f in source.filters):
            source.addFilter(SafeLog())
