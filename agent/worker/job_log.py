"""What a job logs of a provider's error."""

from __future__ import annotations

import logging

from livekit.agents import APIError


def drop_provider_traceback(record: logging.LogRecord) -> bool:
    """Filter for a handler: log a provider's error as the field `error`, without its traceback.

    livekit-agents logs tracebacks of its own code for each failed request, and its plugins for what
    they cannot read. What the operator should do is in our line `provider_failed`.
    """
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, APIError) or (error and record.name.startswith("livekit.plugins.")):
        # Not cut: the filter that redacts keys comes later, and does not know parts of them.
        record.error = f"{type(error).__name__}: {error}"
        record.exc_info = None
    return True
