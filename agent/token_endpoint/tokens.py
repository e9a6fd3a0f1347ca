"""Mint and verify LiveKit room tokens. No network access."""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import jwt
from google.protobuf.json_format import ParseError
from jwt.utils import base64url_encode
from livekit import api

from agent.core.job_metadata import session_id_of

DEFAULT_TTL = timedelta(hours=24)
"""The default of `generate_livekit_token`; the endpoint uses TOKEN_TTL_S, which is shorter."""
_JSON = json.JSONEncoder(separators=(",", ":"))
_JWT_HEADER = base64url_encode(b'{"alg":"HS256","typ":"JWT"}')
_NOT_SIGNED = (
    *(jwt.PyJWTError, ParseError, ValueError, TypeError),
    *(AttributeError, RecursionError),
)
"""What verifying a token that is not signed with the key may raise."""


def trainee_identity(session_id: str) -> str:
    """Return the trainee's identity: one per session, so that a second tab replaces the first."""
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
    """Mint a trainee's token: join this room, publish a microphone, subscribe, send data.

    Trainees may not change their own metadata or attributes, so they cannot pose as the avatar.

    Args:
        identity: by default the trainee of this room's session.
        ttl: how long the token can be used to join; it does not end a connection.
        attributes: participant attributes, visible to everyone in the room.
        api_key: with `api_secret`, the LiveKit key; by default LIVEKIT_API_KEY and
            LIVEKIT_API_SECRET of the environment.

    Raises:
        ValueError: key, room or identity is missing.
    """
    api_key = api_key or os.getenv("LIVEKIT_API_KEY")
    api_secret = api_secret or os.getenv("LIVEKIT_API_SECRET")
    if not api_key or not api_secret or not room_name:
        raise ValueError("api_key, api_secret and room_name must be set")
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": api_key,
        "sub": identity or trainee_identity(session_id_of(room_name)),
        "nbf": now,
        "exp": now + int(ttl.total_seconds()),
        "video": {
            "roomJoin": True,
            "room": room_name,
            "canPublish": True,
            "canPublishSources": ["microphone"],
            "canSubscribe": True,
            "canPublishData": True,
            "canUpdateOwnMetadata": False,
        },
    }
    if participant_name:
        claims["name"] = participant_name
    if attributes:
        claims["attributes"] = attributes
    return _signed(claims, api_secret)


def _signed(claims: dict[str, Any], secret: str) -> str:
    """Return a JWT as `api.AccessToken` and `jwt.encode` make it, several times faster.

    `jwt.encode` tries for each token whether the secret is a certificate or a public key.
    """
    payload = _JSON.encode(claims).encode()
    signed = _JWT_HEADER + b"." + base64url_encode(payload)
    signature = hmac.digest(secret.encode(), signed, "sha256")
    return (signed + b"." + base64url_encode(signature)).decode()


def verified_claims(token: str, keys: Iterable[tuple[str, str]]) -> api.access_token.Claims | None:
    """Return the claims of a token that is signed with one of LiveKit's keys; None for any other.

    Signature, issuer and lifetime are checked, with 60 s of leeway.

    Args:
        keys: API keys with their secrets.
    """
    for key, secret in keys:
        with contextlib.suppress(*_NOT_SIGNED):
            return api.TokenVerifier(key, secret).verify(token)
    return None
