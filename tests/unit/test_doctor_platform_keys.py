"""`doctor` checks the platform's published keys, and signs a JWT as the platform does."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agent.cli.doctor.checks import platform_keys
from agent.cli.doctor.checks.token_endpoint import sign_platform_jwt
from agent.cli.doctor.configuration import read_configuration, secret_values
from agent.cli.doctor.http_client import HttpClient
from agent.token_endpoint.auth.platform_jwt import PlatformJwtVerifier
from tests.support.doctor_report import as_lines
from tests.support.endpoint_app import settings
from tests.unit.key_server import key_server, private_key, public_jwk

ENDPOINT = frozenset({"endpoint"})
BACKEND = {"PLATFORM_API_KEY": "a-key-of-the-platform"}
"""Without any credentials, PLATFORM_JWKS_URL is one of those that are missing."""


async def found(url: str, audience: str = "greeter") -> list[str]:
    environ = {"PLATFORM_JWKS_URL": url, "PLATFORM_JWT_AUDIENCE": audience, **BACKEND}
    async with aiohttp.ClientSession() as http:
        config = read_configuration(environ, parts=ENDPOINT)
        return as_lines(await platform_keys.check(config, HttpClient(http)))


async def test_platform_keys_check_counts_the_published_keys() -> None:
    async with key_server() as server:
        server.keys.append(public_jwk("ES256", "k2", private_key("ES256")))
        [line] = await found(server.url)
        assert line.startswith("ok platform.keys 127.0.0.1:")
        assert "publishes keys: 1 for ES256, 1 for RS256" in line
        _, warned = await found(server.url, audience="")
        assert warned.startswith("warning platform.audience ")
        assert "PLATFORM_JWT_AUDIENCE" in warned


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"status": 404}, "answers 404 instead of a key set → "),
        ({"status": 302}, "answers 302 instead of a key set; a redirect is not followed → "),
        ({"body": b"<html>"}, "did not answer a key set"),
        ({"body": b"[" * 100_000}, "did not answer a key set"),
        ({"body": b"{" + b" " * 300_000 + b"}"}, "answers more than 262144 bytes → "),
        ({"keys": []}, "has no key for RS256, ES256 or EdDSA → "),
        ({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}, "has no key for RS256, ES256 or EdDSA → "),
    ],
)
async def test_platform_keys_check_explains_an_invalid_key_set(
    told: dict[str, Any], said: str
) -> None:
    async with key_server() as server:
        for name, value in told.items():
            setattr(server, name, value)
        [line] = await found(server.url)
    assert line.startswith("failed platform.keys 127.0.0.1:")
    assert said in line
    assert "set PLATFORM_JWKS_URL to the address of the key set itself" in line
    assert "c2VjcmV0" not in line


async def test_platform_keys_check_needs_a_reachable_address() -> None:
    [line] = await found("http://127.0.0.1:1/jwks.json")
    assert line.startswith("failed platform.keys PLATFORM_JWKS_URL: nothing listens at 127.0.0.1:1")
    assert await found("") == []
    [line] = await found("ftp://platform.example.com/")
    assert line.startswith("skipped platform.keys PLATFORM_JWKS_URL is not usable")


@pytest.mark.parametrize(
    "more",
    [{}, {"PLATFORM_JWT_AUDIENCE": "greeter"}, {"PLATFORM_JWT_ISSUER": "https://platform.example"}],
)
async def test_sign_platform_jwt_is_accepted_by_the_token_endpoint(
    tmp_path: Path, more: dict[str, str]
) -> None:
    endpoint = settings(tmp_path, **more)
    claims = await PlatformJwtVerifier(endpoint).claims(sign_platform_jwt(endpoint, time.time()))
    assert claims["session_id"] == "doctor"


def test_secret_values_include_passwords_in_addresses() -> None:
    secrets = secret_values(
        {
            "REDIS_URL": "redis://:a-password-of-redis@redis:6379/0",
            "OUTCOME_WEBHOOK_URL": "https://user:a-password-there@platform.example/x",
            "RECORDING_S3_SECRET": "a-secret-of-the-bucket",
            "LIVEKIT_API_SECRET_PREVIOUS": "an-old-secret-of-livekit",
            "PLATFORM_JWT_SECRET": "://[no-address-at-all",
        }
    )
    assert {"a-password-of-redis", "a-password-there"} <= set(secrets)
    assert {"a-secret-of-the-bucket", "an-old-secret-of-livekit"} <= set(secrets)
