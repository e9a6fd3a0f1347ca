"""The free calls of `doctor`: is a key valid, is an avatar there."""

from __future__ import annotations

import aiohttp
import pytest

from tests.support.providers import Providers

BEY, DEEPGRAM, GEMINI = "BEY_API_URL", "DEEPGRAM_BASE_URL", "GOOGLE_GEMINI_BASE_URL"


@pytest.mark.parametrize(
    ("base", "path", "header", "key", "status"),
    [
        (BEY, "/v1/auth/verify", "x-api-key", "key", 204),
        (BEY, "/v1/auth/verify", "x-api-key", "wrong-key", 401),
        (BEY, "/v1/avatars/maya", "x-api-key", "key", 200),
        (BEY, "/v1/avatars/no-such-one", "x-api-key", "key", 404),
        (BEY, "/v1/usage", "x-api-key", "key", 200),
        (DEEPGRAM, "/v1/auth/token", "Authorization", "Token key", 200),
        (DEEPGRAM, "/v1/auth/token", "Authorization", "Token revoked", 401),
        (GEMINI, "/v1beta/models", "x-goog-api-key", "key", 200),
        (GEMINI, "/v1beta/models", "x-goog-api-key", "invalid", 400),
    ],
)
async def test_check_answers_as_the_provider_does(
    providers: Providers,
    http: aiohttp.ClientSession,
    base: str,
    path: str,
    header: str,
    key: str,
    status: int,
) -> None:
    url = providers.environment[base] + path
    async with http.get(url, headers={header: key}) as answer:
        assert answer.status == status
    assert await providers.sessions() == []


async def test_create_session_rejects_an_unknown_avatar(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    body = {"transport": "livekit", "avatar_id": "no-such-one", "url": "wss://x", "token": "t"}
    url = providers.environment[BEY] + "/v1/sessions"
    async with http.post(url, headers={"x-api-key": "key"}, json=body) as answer:
        assert answer.status == 404
