"""LiveKit's errors as an operator reads them."""

from __future__ import annotations

import ssl
from typing import Any

import aiohttp
import pytest
from livekit import api

from agent.core.errors import LiveKitError
from agent.core.livekit_api import translate_livekit_errors


@pytest.mark.parametrize("status", [401, 403])
def test_refused_call_says_what_to_check(status: int) -> None:
    refused = api.ServerError("unauthenticated", "invalid token: eyJhbGci", status=status)
    with pytest.raises(LiveKitError) as error, translate_livekit_errors("DeleteRoom"):
        raise refused
    assert str(error.value) == (
        f"DeleteRoom: LiveKit answered {status} unauthenticated; check LIVEKIT_API_KEY, "
        "LIVEKIT_API_SECRET and this machine's clock"
    )
    assert error.value.status == status


def test_expired_certificate_is_named() -> None:
    key: Any = None
    expired = aiohttp.ClientConnectorCertificateError(key, ssl.SSLCertVerificationError("expired"))
    with pytest.raises(LiveKitError, match="certificate has expired, or is not trusted"):
        with translate_livekit_errors("ListRooms"):
            raise expired
