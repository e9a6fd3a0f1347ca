"""Authenticate a caller: the platform's backend, a trainee's browser, or a trainee in the room.

- Start a greeting: the backend (`X-API-Key`) or the trainee's browser (platform JWT).
- End a greeting, or give feedback: these two, or the trainee with the room token of the session.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from livekit import api
from pydantic import ValidationError

from agent.core.job_metadata import room_name_of
from agent.core.settings import EndpointSettings
from agent.token_endpoint.auth.platform_jwt import PlatformJwtVerifier
from agent.token_endpoint.errors import ApiError, unauthorized
from agent.token_endpoint.platform_fields import PlatformFields
from agent.token_endpoint.tokens import trainee_identity, verified_claims

_TOKEN_MAX = 8192  # characters; longer tokens are not parsed


class Role(StrEnum):
    BACKEND = "backend"
    BROWSER = "browser"
    IN_ROOM = "in_room"
    """The trainee, with the room token; may only end the greeting and give feedback."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """An authenticated caller, for one session."""

    role: Role
    subject: str = ""
    """The platform's id of the trainee, if the trainee is the caller."""
    claims: PlatformFields = field(default_factory=PlatformFields)
    """What the platform says about the trainee in its JWT."""


async def authenticate(
    settings: EndpointSettings,
    verifier: PlatformJwtVerifier,
    session_id: str,
    *,
    api_key: str | None,
    authorization: str | None,
    allow_room_token: bool = False,
) -> Caller:
    """Authenticate the caller of a request for a session.

    Args:
        verifier: verifies the platform's JWTs.
        api_key: the `X-API-Key` header.
        authorization: the `Authorization` header. A request with both headers is rejected, because
            its caller is ambiguous.
        allow_room_token: accept the room token of the session's trainee too.

    Raises:
        ApiError: `unauthorized`; `forbidden` for another session; `invalid_request` for a claim.
        PlatformKeysError: the platform's keys cannot be fetched at the moment.
    """
    if api_key is not None and authorization is not None:
        raise unauthorized("send either X-API-Key or Authorization, not both")
    if api_key is not None:
        return _authenticate_backend(settings, api_key)
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise unauthorized("send X-API-Key, or Authorization: Bearer with the platform's JWT")
    if len(token) > _TOKEN_MAX:
        raise unauthorized("the token is too long")
    if allow_room_token and (caller := _authenticate_in_room(settings, session_id, token)):
        return caller
    return await _authenticate_browser(verifier, session_id, token)


def _authenticate_backend(settings: EndpointSettings, api_key: str) -> Caller:
    given = api_key.encode(errors="replace")
    # All keys are compared, so the time does not tell which one is close.
    equal = [hmac.compare_digest(given, key.encode()) for key in settings.platform_api_keys]
    if not any(equal):
        raise unauthorized("X-API-Key is not valid")
    return Caller(role=Role.BACKEND)


async def _authenticate_browser(
    verifier: PlatformJwtVerifier, session_id: str, token: str
) -> Caller:
    claims = await verifier.claims(token)
    if not _is_session(claims.get("session_id"), session_id):
        raise ApiError("forbidden", "the token's session_id is not this session")
    try:
        fields = PlatformFields.model_validate(
            {name: claims[name] for name in PlatformFields.model_fields if name in claims}
        )
    except ValidationError as e:
        names = ", ".join(sorted({str(error["loc"][0]) for error in e.errors()}))
        raise ApiError("invalid_request", f"claims that are not valid: {names}") from None
    return Caller(role=Role.BROWSER, subject=claims["sub"], claims=fields)


def _is_session(claim: Any, session_id: str) -> bool:
    """Compare a claim with a session id. A platform may use numbers: 7 is session "7"."""
    return isinstance(claim, str | int) and not isinstance(claim, bool) and str(claim) == session_id


def _authenticate_in_room(settings: EndpointSettings, session_id: str, token: str) -> Caller | None:
    """Authenticate by a room token; return None if it is not a valid token of our LiveKit key."""
    claims = verified_claims(token, settings.livekit_keys)
    if claims is None:
        return None
    video = claims.video or api.VideoGrants()
    if (
        video.room_join is True
        and video.room == room_name_of(session_id)
        and claims.identity == trainee_identity(session_id)
    ):
        return Caller(role=Role.IN_ROOM)
    raise ApiError("forbidden", "the room token is not for this session's trainee")
