"""Why a greeting ended. The values are part of the outcome, the metrics and the end request."""

from __future__ import annotations

import re
from typing import Final

CONTINUE: Final = "continue"
"""The trainee continued to the training video."""
COMPLETED: Final = "completed"
"""The agent said the closing line and the trainee said nothing more."""
SILENT: Final = "silent"
"""The trainee said nothing, also not after the check-in."""
TRAINEE_LEFT: Final = "trainee_left"
"""The trainee left and did not come back within the return grace period."""
CONNECTION_LOST: Final = "connection_lost"
"""LiveKit dropped the trainee's connection and the trainee did not come back in time."""
TRAINEE_NEVER_CAME: Final = "trainee_never_came"
"""The trainee did not join in time."""
ROOM_CLOSED: Final = "room_closed"
"""The token endpoint or LiveKit closed the room."""
TIME_LIMIT: Final = "time_limit"
"""The greeting reached its maximum duration."""
SESSION_FAILED: Final = "session_failed"
"""The conversation could not continue; the log has the cause."""
WORKER_SHUTDOWN: Final = "worker_shutdown"
"""The worker was stopped before the greeting had ended."""
WORKER_LOST: Final = "worker_lost"
"""The job died; another process closed the outcome."""

RESTARTABLE: Final = frozenset(
    {TRAINEE_NEVER_CAME, CONNECTION_LOST, ROOM_CLOSED, SESSION_FAILED, WORKER_SHUTDOWN, WORKER_LOST}
)
"""Reasons after which the next request for the same session starts a new greeting."""
COUNTED: Final = RESTARTABLE | {CONTINUE, COMPLETED, SILENT, TRAINEE_LEFT, TIME_LIMIT, "other"}
"""The reasons in metrics; `other` stands for those that only the page knows."""

_VALID: Final = re.compile(r"[a-z0-9_.-]{1,64}")


def counted_as(reason: str) -> str:
    """Return the reason as metrics have it: one of COUNTED."""
    return reason if reason in COUNTED else "other"


def requested(reason: str) -> str:
    """Return the caller's reason if it is valid and not in RESTARTABLE, otherwise CONTINUE."""
    return reason if _VALID.fullmatch(reason) and reason not in RESTARTABLE else CONTINUE
