"""The doctor on the platform's JWTs: its published keys, and a token like its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agent.cli.doctor import platform_keys
from agent.cli.doctor.answer import Caller
from agent.cli.doctor.endpoint import signed_as_the_platform_does
from agent.cli.doctor.finding import Finding
from agent.cli.doctor.given import read_settings, secret_values
from agent.token_endpoint.auth.platform_jwt import PlatformJwtVerifier
from tests.unit.endpoint_app import settings
from tests.unit.key_server import key_server, private_key, public_jwk

ENDPOINT = frozenset({"endpoint"})


async def found(url: str, audience: str = "greeter") -> list[str]:
    environ = {"PLATFORM_JWKS_URL": url, "PLATFORM_JWT_AUDIENCE": audience}
    async with aiohttp.ClientSession() as http:
        given = read_settings(environ, parts=ENDPOINT)
        findings: list[Finding] = [f async for f in platform_keys.check(given, Caller(http))]
    return [f"{f.level} {f.check} {f.what} → {f.fix}" for f in findings]


async def test_published_keys_are_fetched_and_counted() -> None:
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
async def test_what_is_no_key_set_fails_with_what_to_do(told: dict[str, Any], said: str) -> None:
    async with key_server() as server:
        for name, value in told.items():
            setattr(server, name, value)
        [line] = await found(server.url)
    assert line.startswith("failed platform.keys 127.0.0.1:")
    assert said in line
    assert "set PLATFORM_JWKS_URL to the address of the key set itself" in line
    assert "c2VjcmV0" not in line


async def test_an_address_where_nobody_is_fails_and_none_is_not_spoken_of() -> None:
    [line] = await found("http://127.0.0.1:1/jwks.json")
    assert line.startswith("failed platform.keys PLATFORM_JWKS_URL: nothing listens at 127.0.0.1:1")
    assert await found("") == []
    [line] = await found("ftp://platform.example.com/")
    assert line.startswith("skipped platform.keys PLATFORM_JWKS_URL is not usable")


@pytest.mark.parametrize(
    "more",
    [{}, {"PLATFORM_JWT_AUDIENCE": "greeter"}, {"PLATFORM_JWT_ISSUER": "https://platform.example"}],
)
async def test_the_doctors_own_token_is_what_the_endpoint_demands(
    tmp_path: Path, more: dict[str, str]
) -> None:
    given = settings(tmp_path, **more)
    claims = await PlatformJwtVerifier(given).claims(signed_as_the_platform_does(given))
    assert claims["session_id"] == "doctor"


def test_passwords_in_addresses_and_the_buckets_keys_are_secrets_too() -> None:
    secrets = secret_values(
        {
            "REDIS_URL": "redis://:a-password-of-redis@redis:6379/0",
            "OUTCOME_WEBHOOK_URL": "https://user:a-password-there@platform.example/x",
            "RECORDING_S3_SECRET": "a-secret-of-the-bucket",
            "PLATFORM_JWT_SECRET": "://[no-address-at-all",
        }
    )
    assert {"a-password-of-redis", "a-password-there", "a-secret-of-the-bucket"} <= set(secrets)
