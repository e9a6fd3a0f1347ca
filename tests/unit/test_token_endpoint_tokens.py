"""Room tokens, decoded as LiveKit decodes them."""

from __future__ import annotations

import time
from datetime import timedelta

import jwt
import pytest
from livekit import api

from agent.token_endpoint.tokens import (
    generate_livekit_token,
    trainee_identity,
    verified_claims,
)

KEY, SECRET = "devkey", "a-secret-of-more-than-thirty-two-bytes"


def claims_of(token: str) -> api.access_token.Claims:
    return api.TokenVerifier(KEY, SECRET).verify(token)


def mint(**more: object) -> str:
    return generate_livekit_token(
        "training-session-7", "Asha", api_key=KEY, api_secret=SECRET, **more
    )


def test_generate_grants_one_room_and_a_microphone_only() -> None:
    claims = claims_of(mint())
    assert claims.identity == "trainee-7"
    assert claims.name == "Asha"
    granted = {k: v for k, v in vars(claims.video).items() if v not in (None, "")}
    assert granted == {
        "room_join": True,
        "room": "training-session-7",
        "can_publish": True,
        "can_publish_sources": ["microphone"],
        "can_subscribe": True,
        "can_publish_data": True,
        "can_update_own_metadata": False,
    }
    assert claims.kind == ""
    assert claims.room_config is None


def test_generate_defaults_to_24_hours() -> None:
    def lifetime(token: str) -> float:
        return jwt.decode(token, options={"verify_signature": False})["exp"] - time.time()

    assert lifetime(mint()) == pytest.approx(86_400, abs=5)
    assert lifetime(mint(ttl=timedelta(minutes=15))) == pytest.approx(900, abs=5)


def test_generate_uses_the_key_of_the_environment_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LIVEKIT_API_KEY", KEY)
    monkeypatch.setenv("LIVEKIT_API_SECRET", SECRET)
    assert claims_of(generate_livekit_token("training-session-7", "Asha")).identity == "trainee-7"


def test_generate_needs_a_key() -> None:
    with pytest.raises(ValueError, match="api_key"):
        generate_livekit_token("training-session-7", "Asha")


def test_trainee_identity_is_one_per_session() -> None:
    assert trainee_identity("7") == trainee_identity("7") != trainee_identity("8")


def test_verify_returns_the_claims_of_a_token_of_any_of_the_keys() -> None:
    claims = verified_claims(mint(), [("new", "n" * 40), (KEY, SECRET)])
    assert claims is not None
    assert claims.video is not None
    assert (claims.identity, claims.video.room) == ("trainee-7", "training-session-7")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        mint() + "x",
        mint(ttl=timedelta(seconds=-120)),
        generate_livekit_token("training-session-7", "", api_key="other", api_secret=SECRET),
        generate_livekit_token("training-session-7", "", api_key=KEY, api_secret="x" * 40),
        jwt.encode({"sub": "trainee-7", "iss": KEY, "exp": 9e9}, None, algorithm="none"),
        jwt.encode({"sub": "trainee-7", "iss": KEY}, SECRET),
        jwt.encode({"sub": "trainee-7", "iss": KEY, "exp": 9e9, "video": "all"}, SECRET),
    ],
)
def test_verify_rejects_invalid_room_tokens(token: str) -> None:
    assert verified_claims(token, [(KEY, SECRET)]) is None


def test_verify_tolerates_a_minute_of_clock_skew() -> None:
    assert verified_claims(mint(ttl=timedelta(seconds=-30)), [(KEY, SECRET)])
