"""Authenticate a caller: the platform's backend, a trainee's browser, or the trainee in the room.

- Starting a greeting: the backend (X-API-Key) or the trainee's browser (platform JWT).
- Ending a greeting: these two, or the trainee with the room token of this session.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from pydantic import ValidationError

from agent.core.job_metadata import room_name_of
from agent.core.settings import EndpointSettings
from agent.token_endpoint.auth.platform_jwt import PlatformJwtVerifier
from agent.token_endpoint.errors import ApiError, unauthorized
from agent.token_endpoint.http.schemas import PlatformFields
from agent.token_endpoint.tokens import RoomTokenError, trainee_identity, verify_livekit_token

_TOKEN_MAX = 8192  # characters; nothing longer is even parsed


class Role(Enum):
    BACKEND = auto()
    BROWSER = auto()
    IN_ROOM = auto()
    """The trainee, with the room token; may end the greeting, nothing else."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Somebody who has proved who they are, for one session."""

    role: Role
    subject: str = ""
    """The platform's id of the trainee, where the caller is one."""
    claims: PlatformFields = field(default_factory=PlatformFields)
    """What the platform says of the trainee in its JWT."""


async def authenticate(
    settings: EndpointSettings,
    tokens: PlatformJwtVerifier,
    session_id: str,
    *,
    api_key: str | None,
    authorization: str | None,
    may_be_in_room: bool = False,
) -> Caller:
    """Tell who is asking for this session.

    Args:
        tokens: verifies the platform's JWTs.
        api_key: the X-API-Key header.
        authorization: the Authorization header; never together with the key, for who would it be?
        may_be_in_room: room tokens count too.

    Raises:
        ApiError: `unauthorized`; `forbidden` for another session; `invalid_request` for a claim.
        PlatformKeysError: the platform's keys are needed, and cannot be had now.
    """
    if api_key is not None and authorization is not None:
        raise unauthorized("send either X-API-Key or Authorization, not both")
    if api_key is not None:
        return _backend(settings, api_key)
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise unauthorized("send X-API-Key, or Authorization: Bearer with the platform's JWT")
    if len(token) > _TOKEN_MAX:
        raise unauthorized("the token is too long")
    if may_be_in_room and (caller := _somebody_in_room(settings, session_id, token)):
        return caller
    return await _browser(tokens, session_id, token)


def _backend(settings: EndpointSettings, api_key: str) -> Caller:
    expected = settings.platform_api_key
    given = api_key.encode(errors="replace")
    if expected is None or not hmac.compare_digest(given, expected.get_secret_value().encode()):
        raise unauthorized("X-API-Key is not valid")
    return Caller(role=Role.BACKEND)


async def _browser(tokens: PlatformJwtVerifier, session_id: str, token: str) -> Caller:
    claims = await tokens.claims(token)
    if not _same(claims.get("session_id"), session_id):
        raise ApiError("forbidden", "the token's session_id is not this session")
    try:
        told = PlatformFields.model_validate(
            {name: claims[name] for name in PlatformFields.model_fields if name in claims}
        )
    except ValidationError as e:
        names = ", ".join(sorted({str(error["loc"][0]) for error in e.errors()}))
        raise ApiError("invalid_request", f"unusable claims: {names}") from None
    return Caller(role=Role.BROWSER, subject=claims["sub"], claims=told)


def _same(claim: Any, session_id: str) -> bool:
    """A platform may number its sessions: 7 is session "7"; True is none."""
    return isinstance(claim, str | int) and not isinstance(claim, bool) and str(claim) == session_id


def _somebody_in_room(settings: EndpointSettings, session_id: str, token: str) -> Caller | None:
    """The holder of a room token; None where this is no room token of ours."""
    try:
        room_token = verify_livekit_token(
            token,
            api_key=settings.livekit_api_key,
            api_secret=settings.livekit_api_secret.get_secret_value(),
        )
    except RoomTokenError:
        return None
    if (
        room_token.room_join
        and room_token.room == room_name_of(session_id)
        and room_token.identity == trainee_identity(session_id)
    ):
        return Caller(role=Role.IN_ROOM)
    raise ApiError("forbidden", "the room token is not for this session's trainee")
