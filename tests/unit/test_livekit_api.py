"""LiveKit's errors as an operator reads them."""

from __future__ import annotations

import ssl
import time
from typing import Any

import aiohttp
import pytest
from livekit import api

from agent.core.errors import LiveKitError
from agent.core.livekit_api import LiveKitServerApi, translate_livekit_errors
from agent.core.settings import WorkerSettings
from tests.support.environments import WORKER


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


@pytest.mark.parametrize("jump_s", [-10_800, -5, 301, 7_200])
async def test_token_for_all_rooms_is_signed_again_after_a_clock_jump(
    jump_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LiveKit refuses a token that a wrong clock signed, also once the clock is right."""
    livekit = LiveKitServerApi(WorkerSettings.from_env(WORKER), timeout_s=1)
    async with livekit:
        signed = livekit.for_all_rooms()
        assert livekit.for_all_rooms() is signed
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + jump_s)
        assert livekit.for_all_rooms() is not signed
