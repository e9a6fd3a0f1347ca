"""`authenticate`: API keys, platform JWTs and room tokens."""

from __future__ import annotations

import base64
import time
from datetime import timedelta

import jwt
import pytest
from livekit import api

from agent.core.errors import ConfigError
from agent.core.settings import EndpointSettings
from agent.token_endpoint.auth.authenticate import Caller, Role, authenticate
from agent.token_endpoint.auth.platform_jwt import PlatformJwtVerifier
from agent.token_endpoint.errors import ApiError
from agent.token_endpoint.tokens import generate_livekit_token

KEY = "the-backends-own-key"
JWT_SECRET = "the-platforms-secret-of-32-bytes-"
LK_KEY, LK_SECRET = "lk", "livekits-secret-of-at-least-32-bytes"
ENV = {
    "LIVEKIT_URL": "ws://127.0.0.1:1",
    "LIVEKIT_API_KEY": LK_KEY,
    "LIVEKIT_API_SECRET": LK_SECRET,
}
BOTH = EndpointSettings.from_env(
    {**ENV, "PLATFORM_API_KEY": KEY, "PLATFORM_JWT_SECRET": JWT_SECRET}
)


def claims(**more: object) -> dict[str, object]:
    return {"sub": "t-1", "session_id": "7", "exp": time.time() + 3600, **more}


def signed(**more: object) -> str:
    given = {k: v for k, v in claims(**more).items() if v is not None}
    return jwt.encode(given, JWT_SECRET)


async def ask(
    *,
    key: str | None = None,
    bearer: str | None = None,
    settings: EndpointSettings = BOTH,
    end: bool = False,
) -> Caller:
    return await authenticate(
        settings,
        PlatformJwtVerifier(settings),
        "7",
        api_key=key,
        authorization=f"Bearer {bearer}" if bearer is not None else None,
        allow_room_token=end,
    )


async def refusal(**how: object) -> str:
    with pytest.raises(ApiError) as refused:
        await ask(**how)  # type: ignore[arg-type]
    return refused.value.code


@pytest.mark.parametrize(
    ("bearer", "message"),
    [
        (jwt.encode(claims(), "another-secret-of-at-least-32-bytes!"), "signed with another key"),
        (signed(exp=None), "the token has no exp"),
        (signed(sub=None), "the token has no sub"),
        (signed(sub=" ", iss="platform", aud="greetings"), "sub is empty"),
        (signed(iat=time.time() + 3600), "check the clocks"),
        (signed(iss="other", aud="greetings"), "PLATFORM_JWT_ISSUER"),
        (signed(iss="platform", aud=["other"]), "PLATFORM_JWT_AUDIENCE"),
        (f'"{signed()}"', "without quotes"),
        ("a.b.c", "cannot be decoded"),
    ],
)
async def test_authenticate_says_why_a_token_is_refused(bearer: str, message: str) -> None:
    settings = EndpointSettings.from_env(
        {
            **ENV,
            "PLATFORM_JWT_SECRET": JWT_SECRET,
            "PLATFORM_JWT_ISSUER": "platform",
            "PLATFORM_JWT_AUDIENCE": "greetings",
        }
    )
    with pytest.raises(ApiError, match=message) as refused:
        await ask(bearer=bearer, settings=settings)
    assert "Error" not in str(refused.value), "no class of a library"
    good = signed(iss="platform", aud=["greetings", "other"])
    assert (await ask(bearer=good, settings=settings)).role is Role.BROWSER


async def test_authenticate_accepts_the_backends_key() -> None:
    assert (await ask(key=KEY)).role is Role.BACKEND


OLD_KEY, OLD_SECRET = "the-key-before-the-rotation", "the-secret-before-the-rotation--"
ROTATING = EndpointSettings.from_env(
    {
        **ENV,
        "PLATFORM_API_KEY": KEY,
        "PLATFORM_API_KEY_PREVIOUS": OLD_KEY,
        "PLATFORM_JWT_SECRET": JWT_SECRET,
        "PLATFORM_JWT_SECRET_PREVIOUS": OLD_SECRET,
    }
)


async def test_both_values_are_accepted_during_a_rotation() -> None:
    for key in (KEY, OLD_KEY):
        assert (await ask(key=key, settings=ROTATING)).role is Role.BACKEND
    for secret in (JWT_SECRET, OLD_SECRET):
        token = jwt.encode(claims(), secret)
        assert (await ask(bearer=token, settings=ROTATING)).subject == "t-1"
        expired = jwt.encode(claims(exp=time.time() - 1), secret)
        assert await refusal(bearer=expired, settings=ROTATING) == "unauthorized"
    assert await refusal(key=OLD_KEY) == "unauthorized", "after the rotation"
    assert await refusal(bearer=jwt.encode(claims(), OLD_SECRET)) == "unauthorized"
    assert await refusal(key=KEY + OLD_KEY, settings=ROTATING) == "unauthorized"
    other = jwt.encode(claims(), "another-secret-of-at-least-32-bytes!")
    assert await refusal(bearer=other, settings=ROTATING) == "unauthorized"


async def test_room_tokens_of_the_previous_livekit_key_are_accepted_during_a_rotation() -> None:
    rotating = EndpointSettings.from_env(
        {
            **ENV,
            "PLATFORM_API_KEY": KEY,
            "LIVEKIT_API_KEY": "new",
            "LIVEKIT_API_SECRET": "n" * 32,
            "LIVEKIT_API_KEY_PREVIOUS": LK_KEY,
            "LIVEKIT_API_SECRET_PREVIOUS": LK_SECRET,
        }
    )
    assert (await ask(bearer=room_token(), end=True, settings=rotating)).role is Role.IN_ROOM
    old = room_token("training-session-8")
    assert await refusal(bearer=old, end=True, settings=rotating) == "forbidden"


@pytest.mark.parametrize("name", ["LIVEKIT_API_KEY_PREVIOUS", "LIVEKIT_API_SECRET_PREVIOUS"])
def test_previous_livekit_key_needs_its_secret(name: str) -> None:
    with pytest.raises(ConfigError, match=r"set LIVEKIT_API_\w+_PREVIOUS, too"):
        EndpointSettings.from_env({**ENV, "PLATFORM_API_KEY": KEY, name: "x"})


@pytest.mark.parametrize("name", ["PLATFORM_API_KEY", "PLATFORM_JWT_SECRET"])
def test_previous_values_need_a_current_one(name: str) -> None:
    other = {"PLATFORM_JWKS_URL": "https://platform.example/jwks.json"}
    with pytest.raises(ConfigError, match=f"set {name}, too"):
        EndpointSettings.from_env({**ENV, **other, f"{name}_PREVIOUS": "x" * 40})


@pytest.mark.parametrize("key", ["", "x", KEY + "x", KEY.upper(), "ключ", "\x00", "\udc80"])
async def test_authenticate_rejects_another_key(key: str) -> None:
    assert await refusal(key=key) == "unauthorized"


async def test_authenticate_rejects_two_credentials() -> None:
    for key, token in ((KEY, "x"), ("wrong", signed()), (KEY, signed())):
        assert await refusal(key=key, bearer=token) == "unauthorized"


async def test_authenticate_accepts_a_platform_jwt() -> None:
    caller = await ask(bearer=signed(trainee={"id": "t-1", "name": "Asha"}, role="Nurse"))
    assert (caller.role, caller.subject) == (Role.BROWSER, "t-1")
    assert caller.claims.trainee is not None
    assert (caller.claims.trainee.name, caller.claims.role) == ("Asha", "Nurse")


@pytest.mark.parametrize("session_id", ["7", 7])
async def test_authenticate_accepts_numbers_as_session_ids(session_id: object) -> None:
    assert (await ask(bearer=signed(session_id=session_id))).role is Role.BROWSER


@pytest.mark.parametrize(
    ("sub", "subject"), [(7, "7"), (0, "0"), ("t-1", "t-1"), (2**63, str(2**63))]
)
async def test_authenticate_accepts_numbers_as_subjects(sub: object, subject: str) -> None:
    assert (await ask(bearer=signed(sub=sub, jti=9))).subject == subject


async def test_authenticate_treats_null_claims_as_absent() -> None:
    nulls = dict.fromkeys(("nbf", "iat", "jti", "aud", "trainee", "role", "continue_url"))
    token = jwt.encode({**claims(), **nulls}, JWT_SECRET)
    assert (await ask(bearer=token)).role is Role.BROWSER
    for needed in ("sub", "exp", "session_id"):
        with pytest.raises(ApiError):
            await ask(bearer=jwt.encode({**claims(), needed: None}, JWT_SECRET))


@pytest.mark.parametrize("session_id", ["8", 8, "7 ", "", True, ["7"], {"7": 1}, None])
async def test_authenticate_rejects_a_jwt_for_another_session(session_id: object) -> None:
    assert await refusal(bearer=signed(session_id=session_id)) == "forbidden"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "..",
        "x" * 10_000,
        signed()[:-4],
        signed(exp=time.time() - 1),
        signed(exp=None),
        signed(exp="soon"),
        signed(exp=float("inf")),
        signed(sub=None),
        signed(sub=""),
        signed(sub=7.5),
        signed(sub=True),
        signed(sub=["7"]),
        signed(nbf=time.time() + 600),
        signed(iat=time.time() + 3600),
        jwt.encode(claims(), "another-secret-of-at-least-32-bytes!"),
        jwt.encode(claims(), None, algorithm="none"),
        jwt.encode(claims(), JWT_SECRET, algorithm="HS512"),
        generate_livekit_token("training-session-7", "", api_key=LK_KEY, api_secret=LK_SECRET),
        base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.x",
    ],
)
async def test_authenticate_rejects_an_invalid_token(token: str) -> None:
    assert await refusal(bearer=token) == "unauthorized"


async def test_authenticate_tolerates_a_clock_that_is_ahead() -> None:
    ahead = time.time() + 45
    assert (await ask(bearer=signed(iat=ahead, nbf=ahead))).role is Role.BROWSER


async def test_authenticate_names_an_invalid_claim() -> None:
    with pytest.raises(ApiError, match="continue_url") as refused:
        await ask(bearer=signed(continue_url="javascript:alert(1)"))
    assert refused.value.code == "invalid_request"


async def test_authenticate_rejects_credentials_that_are_not_configured() -> None:
    only_key = EndpointSettings.from_env({**ENV, "PLATFORM_API_KEY": KEY})
    only_jwt = EndpointSettings.from_env({**ENV, "PLATFORM_JWT_SECRET": JWT_SECRET})
    assert await refusal(bearer=signed(), settings=only_key) == "unauthorized"
    assert await refusal(key=KEY, settings=only_jwt) == "unauthorized"
    assert await refusal(key="", settings=only_jwt) == "unauthorized"
    assert await refusal() == "unauthorized"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", signed()])
async def test_authenticate_rejects_other_authorization_headers(header: str) -> None:
    with pytest.raises(ApiError):
        await authenticate(BOTH, PlatformJwtVerifier(BOTH), "7", api_key=None, authorization=header)


def room_token(room: str = "training-session-7", **more: object) -> str:
    return generate_livekit_token(room, "", api_key=LK_KEY, api_secret=LK_SECRET, **more)


def admin_token(room: str) -> str:
    return (
        api.AccessToken(LK_KEY, LK_SECRET)
        .with_kind("agent")
        .with_grants(api.VideoGrants(room_admin=True, room=room))
        .to_jwt()
    )


async def test_authenticate_accepts_the_trainees_room_token_for_an_end() -> None:
    assert (await ask(bearer=room_token(), end=True)).role is Role.IN_ROOM


@pytest.mark.parametrize("room", ["training-session-7", "training-session-8"])
async def test_authenticate_rejects_an_agents_token(room: str) -> None:
    assert await refusal(bearer=admin_token(room), end=True) == "forbidden"


async def test_authenticate_rejects_room_tokens_of_others() -> None:
    assert await refusal(bearer=room_token("training-session-8"), end=True) == "forbidden"
    assert await refusal(bearer=room_token(identity="avatar-x"), end=True) == "forbidden"


async def test_authenticate_rejects_expired_and_forged_room_tokens() -> None:
    assert await refusal(bearer=room_token(ttl=timedelta(seconds=-120)), end=True) == "unauthorized"
    forged = generate_livekit_token("training-session-7", "", api_key=LK_KEY, api_secret="x" * 40)
    assert await refusal(bearer=forged, end=True) == "unauthorized"


async def test_authenticate_accepts_a_platform_jwt_for_an_end() -> None:
    assert (await ask(bearer=signed(), end=True)).role is Role.BROWSER


@pytest.mark.parametrize(("given", "expected"), [(0, "0"), (7, "7"), ("", "t-1"), (None, "t-1")])
async def test_trainee_ids_may_be_numbers(given: object, expected: str) -> None:
    caller = await ask(bearer=signed(trainee={"id": given}))
    metadata = caller.claims.job_metadata("7", subject=caller.subject, continue_url="")
    assert metadata.trainee.id == expected
