"""What a job logs of a provider's error."""

from __future__ import annotations

import logging

from livekit.agents import APIError


def log_provider_error_once(record: logging.LogRecord) -> bool:
    """Filter for a handler: log a provider's error once, as the field `error`, without a traceback.

    A plugin that logs a failed request also raises its error to livekit-agents, which reports it
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/utils/log.py).
    What a plugin cannot read, only the plugin logs. What the operator should do is in our line
    `provider_failed`.
    """
    error = record.exc_info[1] if record.exc_info else None
    from_plugin = record.name.startswith("livekit.plugins.")
    if isinstance(error, APIError) and from_plugin:
        return False
    if isinstance(error, APIError) or (error and from_plugin):
        # Not cut: the filter that redacts keys comes later, and does not know parts of them.
        record.error = f"{type(error).__name__}: {error}"
        record.exc_info = None
    return True
