"""Logging: one logger, and what must never reach a log.

Ids are logged; tokens, keys, names and what people said are not. livekit-agents puts personal data
under keys with a `pii` segment, so those keys are dropped, whatever the level.
"""

from __future__ import annotations

import asyncio
import logging
import re
import traceback
from collections.abc import Iterable
from typing import Any

logger = logging.getLogger("training_greeter")

_SAID = {"text_sent"}
"""Keys under which livekit-agents has words of the conversation, besides those marked `pii`."""
_SECRET_MIN = 8
"""Shorter ones (the demo's keys) are words that stand elsewhere too."""
_MAY_HOLD_TEXT = (str, bytes, Exception, list, tuple, dict, set)
_JWT = re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*")


class RedactingFilter(logging.Filter):
    """Drops personal data, and blanks tokens and secrets, whoever wrote them.

    LiveKit's own 401 echoes the token it was given, and a provider's may echo the key.

    Args:
        secrets: what must not be shown, wherever it stands.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        # The longest first: one may be a part of another.
        known = sorted((s for s in secrets if len(s) >= _SECRET_MIN), key=len, reverse=True)
        self._secret = re.compile("|".join(map(re.escape, known))) if known else None

    def filter(self, record: logging.LogRecord) -> bool:
        for key in [k for k in record.__dict__ if "pii" in k.split(".") or k in _SAID]:
            del record.__dict__[key]
        for key, value in list(record.__dict__.items()):
            if key not in {"msg", "args", "exc_info"} and isinstance(value, _MAY_HOLD_TEXT):
                text = str(value)
                if (blank := self._blank(text)) != text:
                    record.__dict__[key] = blank
        message = record.getMessage() if isinstance(record.msg, str) else str(record.msg)
        if (blank := self._blank(message)) != message:
            record.msg, record.args = blank, None
        if record.exc_info and record.exc_info[1] is not None:
            text = "".join(traceback.format_exception(*record.exc_info)).strip()
            if (blank := self._blank(text)) != text:
                record.exc_info, record.exc_text = None, blank
        return True

    def _blank(self, text: str) -> str:
        text = _JWT.sub("<token>", text)
        return self._secret.sub("<secret>", text) if self._secret else text


def install_log_filter(secrets: Iterable[str] = ()) -> None:
    """Put the filter on every handler there is; once in every process, harmless when repeated."""
    for handler in logging.getLogger().handlers:
        for old in [f for f in handler.filters if isinstance(f, RedactingFilter)]:
            handler.removeFilter(old)
        handler.addFilter(RedactingFilter(secrets))


def log_task_failure(task: asyncio.Task[Any]) -> None:
    """A done-callback: a held task that nobody awaits does not fail in silence."""
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("%s failed", task.get_name(), exc_info=error)
