"""A call to LiveKit's server API: every refusal and lost connection is one LiveKitError."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from google.protobuf.message import DecodeError
from livekit import api

from agent.core.errors import LiveKitError


@contextmanager
def translate_livekit_errors(what: str, *, may_be_gone: bool = False) -> Iterator[None]:
    """Translate what the block raises.

    Args:
        what: the call's name in LiveKit's API.
        may_be_gone: what is not there any more is no error, it is what was wanted.

    Raises:
        LiveKitError: with `status` and `code` where LiveKit answered; its text is left out, for
            LiveKit's 401 repeats the token.
    """
    try:
        yield
    except api.ServerError as e:
        if may_be_gone and e.code == api.ServerErrorCode.NOT_FOUND:
            return
        answer = f"{what}: LiveKit answered {e.status} {e.code}"
        raise LiveKitError(answer, status=e.status, code=str(e.code)) from None
    except (aiohttp.ClientError, TimeoutError, OSError, DecodeError) as e:
        raise LiveKitError(f"{what}: LiveKit was not reached ({type(e).__name__})") from None
