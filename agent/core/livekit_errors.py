"""Translate the errors of LiveKit's server API client to LiveKitError."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from google.protobuf.message import DecodeError
from livekit import api

from agent.core.errors import LiveKitError


@contextmanager
def translate_livekit_errors(call: str, *, ignore_not_found: bool = False) -> Iterator[None]:
    """Translate what the block raises.

    Args:
        call: the name of the call in LiveKit's API.
        ignore_not_found: treat `not_found` as success: what the call removes is already gone.

    Raises:
        LiveKitError: with `status` and `code` if LiveKit answered. LiveKit's own text is left out,
            because its 401 repeats the token.
    """
    try:
        yield
    except api.ServerError as e:
        if ignore_not_found and e.code == api.ServerErrorCode.NOT_FOUND:
            return
        answer = f"{call}: LiveKit answered {e.status} {e.code}"
        raise LiveKitError(answer, status=e.status, code=str(e.code)) from None
    except (aiohttp.ClientError, TimeoutError, OSError, DecodeError) as e:
        raise LiveKitError(f"{call}: LiveKit was not reached ({type(e).__name__})") from None
