"""Platform JWTs by the platform's published keys, from a real HTTP server."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest

from agent.core.errors import ConfigError, PlatformKeysError
from agent.core.settings import EndpointSettings
from agent.token_endpoint.__main__ import warn_if_audience_is_not_checked
from agent.token_endpoint.auth import jwks_client
from agent.token_endpoint.auth.jwks_client import JwksClient
from agent.token_endpoint.auth.platform_jwt import PlatformJwtVerifier
from agent.token_endpoint.errors import ApiError, api_error_for
from tests.support.clock import Clock
from tests.support.endpoint_requests import hand_made
from tests.support.waiting import until_answer
from tests.unit.key_server import KeyServer, key_server, pem, private_key, public_jwk, signed

SECRET = "the-platforms-secret-of-32-bytes-"
LIVEKIT = {
    "LIVEKIT_URL": "ws://127.0.0.1:1",
    "LIVEKIT_API_KEY": "lk",
    "LIVEKIT_API_SECRET": "livekits-secret-of-at-least-32-bytes",
}


@pytest.fixture
async def server() -> AsyncIterator[KeyServer]:
    async with key_server() as running:
        yield running


def settings(**more: str) -> EndpointSettings:
    return EndpointSettings.from_env({**LIVEKIT, **more})


def tokens(server: KeyServer, **more: str) -> PlatformJwtVerifier:
    return PlatformJwtVerifier(settings(PLATFORM_JWKS_URL=server.url, **more))


async def refused(by: PlatformJwtVerifier, token: str) -> str:
    with pytest.raises(ApiError) as refusal:
        await by.claims(token)
    assert refusal.value.code == "unauthorized"
    return refusal.value.message


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
@pytest.mark.parametrize("kid", ["k1", None])
async def test_tokens_of_each_key_type_are_accepted(
    server: KeyServer, algorithm: str, kid: str | None
) -> None:
    server.keys = [public_jwk(algorithm, kid, private_key(algorithm), use="sig", alg=algorithm)]
    by = tokens(server)
    for _ in range(3):
        assert (await by.claims(signed(algorithm, kid)))["session_id"] == "7"
    assert server.asked == 1


async def test_secret_and_jwks_may_be_configured_together(server: KeyServer) -> None:
    by = tokens(server, PLATFORM_JWT_SECRET=SECRET)
    shared = jwt.encode({"sub": "a", "exp": time.time() + 60}, SECRET)
    assert (await by.claims(shared))["sub"] == "a"
    assert server.asked == 0
    assert (await by.claims(signed()))["sub"] == "t-1"


def by_hand(head: dict[str, Any], key: bytes, **claims: Any) -> str:
    told = {"sub": "t-1", "session_id": "7", "exp": int(time.time()) + 300, **claims}
    return hand_made(head, told, key)


FORGED = {
    "the public key as a secret, as PEM": lambda: by_hand(
        {"alg": "HS256", "kid": "k1"}, pem(private_key("RS256"))
    ),
    "the public key as a secret, as JWK": lambda: by_hand(
        {"alg": "HS256", "kid": "k1"},
        json.dumps(public_jwk("RS256", "k1", private_key("RS256"))).encode(),
    ),
    "the published modulus as a secret": lambda: by_hand(
        {"alg": "HS256"}, public_jwk("RS256", "k1", private_key("RS256"))["n"].encode()
    ),
    "an empty secret": lambda: by_hand({"alg": "HS256"}, b""),
    "alg none": lambda: by_hand({"alg": "none", "kid": "k1"}, b"").rpartition(".")[0] + ".",
    "alg None, spelled oddly": lambda: by_hand({"alg": "nOnE", "kid": "k1"}, b""),
    "alg is a list": lambda: by_hand({"alg": ["RS256"], "kid": "k1"}, b""),
    "no alg": lambda: by_hand({"kid": "k1"}, b""),
    "another RSA key under our kid": lambda: signed(key=private_key("RS256", "evil")),
    "another key in the head (jwk)": lambda: signed(
        key=private_key("RS256", "evil"),
        head={"jwk": public_jwk("RS256", "k1", private_key("RS256", "evil"))},
    ),
    "another address in the head (jku)": lambda: signed(
        key=private_key("RS256", "evil"), head={"jku": "https://evil.example/jwks.json"}
    ),
    "another certificate in the head (x5u, x5c)": lambda: signed(
        key=private_key("RS256", "evil"),
        head={"x5u": "https://evil.example/c.pem", "x5c": ["MIIB"]},
    ),
    "another algorithm of the same key": lambda: signed(head={"alg": "RS512"}),
    "PS256 with an RS256 key": lambda: jwt.encode(
        {"sub": "t", "exp": time.time() + 60},
        private_key("RS256"),
        algorithm="PS256",
        headers={"kid": "k1"},
    ),
    "an EC key under an RSA key's kid": lambda: signed("ES256"),
    "a path as kid": lambda: signed(kid="../../../../dev/null", key=private_key("RS256", "e")),
    "SQL as kid": lambda: signed(kid="k1' UNION SELECT 'x", key=private_key("RS256", "e")),
    "a very long kid": lambda: signed(kid="k" * 5000, key=private_key("RS256", "e")),
    "an unknown extension (crit)": lambda: signed(head={"crit": ["b64x"], "b64x": True}),
    "an unencoded payload (b64)": lambda: signed(head={"crit": ["b64"], "b64": False}),
    "expired": lambda: signed(exp=time.time() - 1),
    "no exp": lambda: signed(exp=None),
    "exp of NaN": lambda: by_hand({"alg": "HS256"}, b"", exp=float("nan")),
    "not yet": lambda: signed(nbf=time.time() + 600),
    "issued in the future": lambda: signed(iat=time.time() + 600),
    "no sub": lambda: signed(sub=None),
    "sub is a list": lambda: signed(sub=["t-1"]),
    "Ed25519 with an RSA key's kid": lambda: signed("EdDSA", head={"alg": "Ed25519"}),
}


@pytest.mark.parametrize("attack", FORGED)
@pytest.mark.parametrize("secret", [{}, {"PLATFORM_JWT_SECRET": SECRET}], ids=["", "and-secret"])
async def test_forged_token_is_rejected(
    server: KeyServer, attack: str, secret: dict[str, str]
) -> None:
    await refused(tokens(server, **secret), FORGED[attack]())
    assert server.asked <= 2


async def test_other_issuers_and_audiences_are_rejected(server: KeyServer) -> None:
    strict = {"PLATFORM_JWT_ISSUER": "https://platform.example", "PLATFORM_JWT_AUDIENCE": "greeter"}
    by = tokens(server, PLATFORM_JWT_SECRET=SECRET, **strict)
    good = {"iss": "https://platform.example", "aud": "greeter"}
    bad: list[dict[str, Any]] = [
        {},
        {"iss": good["iss"]},
        {"aud": good["aud"]},
        {**good, "aud": "another"},
        {**good, "aud": ["another"]},
        {**good, "aud": []},
        {**good, "aud": {"greeter": 1}},
        {**good, "iss": "https://platform.example/"},
    ]
    for claims in bad:
        await refused(by, signed(**claims))
        await refused(by, jwt.encode({"sub": "a", "exp": time.time() + 60, **claims}, SECRET))
    listed = {**good, "iss": [good["iss"]]}
    await refused(by, by_hand({"alg": "HS256"}, SECRET.encode(), **listed))
    assert await by.claims(signed(**good))
    assert await by.claims(signed(**{**good, "aud": ["another", "greeter"]}))
    assert await by.claims(jwt.encode({"sub": "a", "exp": time.time() + 60, **good}, SECRET))


UNUSABLE: dict[str, Any] = {
    "a shared secret": {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTMy", "kid": "k1"},
    "for encryption": lambda: public_jwk("RS256", "k1", private_key("RS256"), use="enc"),
    "for another algorithm": lambda: public_jwk("RS256", "k1", private_key("RS256"), alg="PS256"),
    "too small": lambda: public_jwk("RS256", "k1", private_key("RS256", "small", bits=1024)),
    "of another curve": lambda: public_jwk("ES384", "k1", private_key("ES384")),
    "private": lambda: {**public_jwk("EdDSA", "k1", private_key("EdDSA")), "d": "AAAA"},
    "half a key": {"kty": "RSA", "kid": "k1", "n": "AQAB"},
    "nonsense": {"kty": "RSA", "kid": "k1", "n": "!", "e": 5},
    "no key": "k1",
    "an odd kid": {"kty": "RSA", "kid": ["k1"], "n": "AQAB", "e": "AQAB"},
    "nothing": None,
}


@pytest.mark.parametrize("named", ["EdDSA", "Ed25519"])
@pytest.mark.parametrize("listed", ["EdDSA", "Ed25519", None, "absent"])
async def test_both_names_of_ed25519_are_one_algorithm(
    server: KeyServer, named: str, listed: str | None
) -> None:
    more = {} if listed == "absent" else {"alg": listed}
    server.keys = [public_jwk("EdDSA", "ed", private_key("EdDSA"), **more)]
    token = signed("EdDSA", "ed", head={"alg": named})
    assert (await tokens(server).claims(token))["sub"] == "t-1"
    other = signed("EdDSA", "ed", key=private_key("EdDSA", "evil"), head={"alg": named})
    await refused(tokens(server), other)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_null_member_of_a_key_counts_as_absent(server: KeyServer, algorithm: str) -> None:
    nulls = dict.fromkeys(("alg", "use", "key_ops", "x5c", "x5t", "d"))
    server.keys = [public_jwk(algorithm, "k1", private_key(algorithm), **nulls)]
    assert await tokens(server).claims(signed(algorithm, "k1"))


@pytest.mark.parametrize("what", UNUSABLE)
async def test_unsuitable_keys_are_not_used(server: KeyServer, what: str) -> None:
    made = UNUSABLE[what]
    server.keys = [made() if callable(made) else made, *server.keys]
    server.keys[-1]["kid"] = "good"
    by = tokens(server)
    assert await by.claims(signed(kid="good"))
    await refused(by, signed(kid="k1", key=private_key("RS256", "small", bits=1024)))


async def test_unknown_keys_cause_at_most_one_fetch_per_interval(
    server: KeyServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks_client, "MIN_INTERVAL_S", 30)
    keys = JwksClient(server.url)
    assert await keys.key("k1", "RS256")
    assert await keys.key("k2", "RS256") is None
    assert server.asked == 1, "the keys were fetched again within MIN_INTERVAL_S"
    clock.ahead_s = 31
    server.keys.append(public_jwk("RS256", "k2", private_key("RS256", "2")))
    server.delay_s = 0.1
    found = await asyncio.gather(*(keys.key("k2", "RS256") for _ in range(50)))
    assert all(found)
    assert server.asked == 2
    await asyncio.gather(*(keys.key(f"unknown-{i}", "RS256") for i in range(200)))
    assert server.asked == 2
    assert await keys.key("k1", "RS256")


async def test_withdrawn_key_is_rejected_after_the_next_refresh(
    server: KeyServer, clock: Clock
) -> None:
    keys = JwksClient(server.url)
    assert await keys.key("k1", "RS256")
    server.keys = [public_jwk("RS256", "k2", private_key("RS256", "2"))]
    assert await keys.key("k1", "RS256"), "fresh"
    clock.ahead_s = 1.1 * jwks_client.REFRESH_S
    await keys.key("k1", "RS256")  # fetched again, beside it
    await until_answer(lambda: keys.key("k1", "RS256"), lambda key: key is None)
    assert await keys.key("k2", "RS256")


@pytest.mark.parametrize(
    "how",
    [
        {"status": 500},
        {"status": 404},
        {"status": 302},
        {"body": b""},
        {"body": b"<html>"},
        {"body": b"[" * 100_000},
        {"body": b"[]"},
        {"body": b'{"keys": []}'},
        {"body": b'{"keys": {"a": 1}}'},
        {"body": b" " * 300_000},
        {"body": b"\xff\xfe"},
        {"delay_s": 1.0},
    ],
    ids=lambda how: str(how)[:30],
)
async def test_keys_that_cannot_be_fetched_are_a_503_and_one_warning(
    server: KeyServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    how: dict[str, Any],
) -> None:
    monkeypatch.setattr(jwks_client, "TIMEOUT_S", 0.3)
    monkeypatch.setattr(jwks_client, "MIN_INTERVAL_S", 0.1)
    vars(server).update(how)
    keys = JwksClient(server.url)
    for _ in range(3):
        with pytest.raises(PlatformKeysError, match="PLATFORM_JWKS_URL ") as error:
            await keys.key("k1", "RS256")
    answer = api_error_for(error.value)
    assert (answer.kind.status, answer.code) == (503, "platform_keys_unavailable")
    [said] = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert "cannot fetch" in said.message
    # Later fetches succeed without a restart.
    server.status, server.body, server.delay_s = 200, None, 0
    await until_answer(lambda: fetched(keys))
    await keys.aclose()


async def fetched(keys: JwksClient) -> bool:
    try:
        return await keys.key("k1", "RS256") is not None
    except PlatformKeysError:
        return False


async def test_known_keys_stay_in_use_while_the_platform_is_down(
    server: KeyServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks_client, "TIMEOUT_S", 0.2)
    keys = JwksClient(server.url)
    assert await keys.key("k1", "RS256")
    server.delay_s = 30
    clock.ahead_s = 1.5 * jwks_client.REFRESH_S
    begun = time.monotonic()
    assert await keys.key("k1", "RS256"), "the request does not wait for the fetch"
    assert time.monotonic() - begun < server.delay_s / 2
    clock.ahead_s = jwks_client.MAX_AGE_S / 2
    assert await keys.key("k1", "RS256")
    with pytest.raises(PlatformKeysError):
        await keys.key("another", "RS256")
    clock.ahead_s = 1.5 * jwks_client.MAX_AGE_S
    with pytest.raises(PlatformKeysError):
        await keys.key("k1", "RS256")
    await keys.aclose()


async def test_unreachable_key_server_is_a_503() -> None:
    by = PlatformJwtVerifier(settings(PLATFORM_JWKS_URL="http://127.0.0.1:1/jwks"))
    with pytest.raises(PlatformKeysError, match="cannot be reached"):
        await by.claims(signed())


@pytest.mark.parametrize(
    "url",
    ["http://keys.example.com/jwks", "ftp://x", "https://", "https://me:pw@keys.example.com/", "x"],
)
def test_settings_reject_key_urls_without_https(url: str) -> None:
    with pytest.raises(ConfigError, match="PLATFORM_JWKS_URL: must"):
        settings(PLATFORM_JWKS_URL=url)


def test_jwks_without_an_audience_is_warned_about(
    caplog: pytest.LogCaptureFixture,
) -> None:
    url = "https://platform.example/jwks"
    warn_if_audience_is_not_checked(settings(PLATFORM_JWKS_URL=url))
    assert "PLATFORM_JWT_AUDIENCE" in caplog.text
    caplog.clear()
    warn_if_audience_is_not_checked(
        settings(PLATFORM_JWKS_URL=url, PLATFORM_JWT_AUDIENCE="greeter")
    )
    assert caplog.text == ""
