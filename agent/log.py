"""Logging: one logger, and what must never reach a log.

Ids are logged; tokens, keys, names and what people said are not. livekit-agents puts personal data
under keys with a `pii` segment, so those keys are dropped, whatever the level.
"""

from __future__ import annotations

import asyncio
import logging
import re
import traceback
from typing import Any

logger = logging.getLogger("training_greeter")

_SAID = {"text_sent"}
"""Keys under which livekit-agents has words of the conversation, besides those marked `pii`."""
_JWT = re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*")


class SafeLog(logging.Filter):
    """Drops personal data and blanks tokens (LiveKit's own 401 echoes the one it was given)."""

    def filter(self, record: logging.LogRecord) -> bool:
        for key in [k for k in record.__dict__ if "pii" in k.split(".") or k in _SAID]:
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
    """Put the filter on every handler there is; once in every process, harmless when repeated."""
    for handler in logging.getLogger().handlers:
        if not any(isinstance(f, SafeLog) for f in handler.filters):
            handler.addFilter(SafeLog())


def log_failure(task: asyncio.Task[Any]) -> None:
    """A done-callback: a held task that nobody awaits does not fail in silence."""
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("%s failed", task.get_name(), exc_info=error)
