"""The product's logger, and the filter that keeps secrets and personal data out of all logs.

Session, room and job ids are logged. Tokens, keys, names and the words of a conversation are not.
livekit-agents logs personal data under keys with a `pii` segment; the filter drops those keys at
every level. With OUTCOME_DETAIL=aggregate, no line says when a greeting was, or whose.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterable

logger = logging.getLogger("training_greeter")

_CONVERSATION_KEYS = {"text_sent"}
"""Keys of livekit-agents that hold words of the conversation but have no `pii` segment."""
_ONE_GREETING_KEYS = {
    *("session_id", "room", "room_name", "room_sid", "job_id", "outcome_id", "greeting_id"),
    *("avatar_session_id", "avatar_session_ids", "trainee_id", "identity", "other", "sid"),
    *("participant", "participant_identity"),
}
"""Keys of our lines, and of livekit-agents', that name one greeting or trainee."""
_ROOM = re.compile(r"\btraining-session-[A-Za-z0-9._-]+")
"""A room's name contains the session id."""
_SECRET_MIN = 8
"""In characters. Shorter secrets (keys of the demo) are ordinary words and are not redacted."""
_NOT_SEARCHED = {*vars(logging.makeLogRecord({})), "taskName"} - {"exc_text", "stack_info"}
"""A record's own fields: names, places and times. The filter treats the message and `exc_info`
apart."""
_MAY_HOLD_TEXT = (str, bytes, Exception, list, tuple, dict, set)
_JWT = re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*")
_KEYTERM = re.compile(r"\b(keyterms?=)[^&\s'\")]*")
"""In the address of a connection to speech recognition; one of them is the trainee's name."""


class Redactor:
    """Replaces tokens, keyterms and secrets in texts.

    LiveKit's 401 repeats the token it was sent, and a provider's 401 may repeat the key.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        # Longest first: one secret may be part of another.
        known = sorted((s for s in secrets if len(s) >= _SECRET_MIN), key=len, reverse=True)
        self._secret = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, text: str) -> str:
        text = _KEYTERM.sub(r"\1<redacted>", _JWT.sub("<token>", text))
        return self._secret.sub("<secret>", text) if self._secret else text


class RedactingFilter(logging.Filter):
    """Drop personal data and redact tokens and secrets in the records of all loggers.

    With `only_counts` (OUTCOME_DETAIL=aggregate), drop the lines below WARNING that are about one
    greeting, and the ids in all others.
    """

    def __init__(self, secrets: Iterable[str] = (), *, only_counts: bool = False) -> None:
        super().__init__()
        self._only_counts = only_counts
        self._redact = Redactor(secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        if self._only_counts and (ids := _ONE_GREETING_KEYS & record.__dict__.keys()):
            if record.levelno < logging.WARNING:
                return False
            for key in ids:
                del record.__dict__[key]
        for key in record.__dict__.keys() - _NOT_SEARCHED:
            if "pii" in key.split(".") or key in _CONVERSATION_KEYS:
                del record.__dict__[key]
            elif isinstance(record.__dict__[key], _MAY_HOLD_TEXT):
                text = str(record.__dict__[key])
                if (redacted := self._redacted(text)) != text:
                    record.__dict__[key] = redacted
        message = record.getMessage() if isinstance(record.msg, str) else str(record.msg)
        if (redacted := self._redacted(message)) != message:
            record.msg, record.args = redacted, None
        if record.exc_info and record.exc_info[1] is not None:
            text = "".join(traceback.format_exception(*record.exc_info)).strip()
            if (redacted := self._redacted(text)) != text:
                record.exc_info, record.exc_text = None, redacted
        return True

    def _redacted(self, text: str) -> str:
        text = self._redact(text)
        return _ROOM.sub("<room>", text) if self._only_counts else text


def install_log_filter(secrets: Iterable[str] = (), *, only_counts: bool = False) -> None:
    """Add the filter to all root handlers. Call it once in each process; a repeat is harmless."""
    for handler in logging.getLogger().handlers:
        for old in [f for f in handler.filters if isinstance(f, RedactingFilter)]:
            handler.removeFilter(old)
        handler.addFilter(RedactingFilter(secrets, only_counts=only_counts))
