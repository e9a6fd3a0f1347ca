"""Which lines of livekit-agents and its plugins about a provider's error are logged."""

from __future__ import annotations

import logging
import socket

import aiohttp
from livekit.agents import APIError

_NETWORK = (ConnectionError, socket.gaierror, aiohttp.ClientError)
"""Not every OSError: that includes timeouts and files that are missing, in our own code, too."""


def log_provider_errors_once(record: logging.LogRecord) -> bool:
    """Filter for a handler: leave out each further line about an error of a provider.

    Our line `provider_failed` has the error and what to do. Plugins, the retries and the fallback
    adapters of livekit-agents log the same error, some with a traceback
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/llm/fallback_adapter.py).
    What a plugin cannot read, and failures of the network, only they log: the line stays, without
    the traceback.
    """
    if not record.name.startswith("livekit."):
        return True
    error = record.exc_info[1] if record.exc_info else None
    arguments = record.args if isinstance(record.args, tuple) else ()
    if any(isinstance(each, APIError) for each in (error, *arguments)):
        return False
    if error is None:
        # livekit-agents gives `streamed` to its lines about a voice's attempts.
        about_error = record.module == "fallback_adapter" or hasattr(record, "streamed")
        return not about_error or record.levelno < logging.WARNING
    if record.name.startswith("livekit.plugins.") or isinstance(error, _NETWORK):
        # Not cut: the filter that redacts keys comes later, and does not know parts of them.
        record.error = f"{type(error).__name__}: {error}"
        record.exc_info = None
    return True
