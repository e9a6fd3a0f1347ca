"""Room tokens: minting and reading LiveKit's JWTs. No I/O; it talks to no server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import jwt
from google.protobuf.json_format import ParseError
from livekit import api

from agent.core.errors import TrainingGreeterError
from agent.core.job_metadata import session_id_of

DEFAULT_TTL = timedelta(hours=24)
"""The order's lifetime; the endpoint itself asks for far less."""


class RoomTokenError(TrainingGreeterError):
    """A room token is not one of ours, has expired, or is no token at all."""


@dataclass(frozen=True, kw_only=True)
class RoomToken:
    """What a verified room token allows."""

    identity: str
    room: str
    room_join: bool


def trainee_identity(session_id: str) -> str:
    """The trainee's identity: one per session, so that a second tab takes the first one's place."""
    return f"trainee-{session_id}"


def generate_livekit_token(
    room_name: str,
    participant_name: str,
    *,
    identity: str | None = None,
    ttl: timedelta = DEFAULT_TTL,
    attributes: dict[str, str] | None = None,
    api_key: str | None = None,
    api_secret: str | None = None,
) -> str:
    """Sign a trainee's token: join this room, publish a microphone, subscribe, send data.

    It may not change its own metadata or attributes: that would let a trainee pose as the avatar.

    Args:
        identity: who joins; the trainee of this room's session where None.
        ttl: how long one may join with it; it does not end a connection.
        attributes: participant attributes, seen by everybody in the room.
        api_key: with `api_secret`, who signs; LIVEKIT_API_KEY and LIVEKIT_API_SECRET of the
            environment where None.

    Raises:
        ValueError: no key, no room, or no identity.
    """
    token = (
        api.AccessToken(api_key, api_secret)
        .with_identity(identity or trainee_identity(session_id_of(room_name)))
        .with_name(participant_name)
        .with_ttl(ttl)
        .with_grants(
            api.VideoGrants(
                room_join=True,
                room=room_name,
                can_publish=True,
                can_publish_sources=["microphone"],
                can_subscribe=True,
                can_publish_data=True,
                can_update_own_metadata=False,
            )
        )
    )
    if attributes:
        token = token.with_attributes(attributes)
    return token.to_jwt()


def verify_livekit_token(token: str, *, api_key: str, api_secret: str) -> RoomToken:
    """Verify a room token: signature, issuer and lifetime (with a minute's leeway).

    Raises:
        RoomTokenError: anything else than a valid token of this LiveKit key.
    """
    try:
        claims = api.TokenVerifier(api_key, api_secret).verify(token)
    except (jwt.PyJWTError, ParseError, ValueError, TypeError, AttributeError, RecursionError) as e:
        raise RoomTokenError(f"no valid room token: {type(e).__name__}") from None
    video = claims.video or api.VideoGrants()
    return RoomToken(
        identity=str(claims.identity),
        room=str(video.room),
        room_join=video.room_join is True,
    )
