"""Requests to the token endpoint: the credentials and the paths that the tests use."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt

API_KEY = "the-backends-own-key"
BACKEND = {"X-API-Key": API_KEY}
JWT_SECRET = "the-platforms-secret-of-32-bytes-"
ORIGIN = "https://platform.example"
CONTINUE_URL = f"{ORIGIN}/video"
_TOKEN_S = 86_400


def path_of(session_id: str, *, end: bool = False) -> str:
    return f"/api/users/sessions/{session_id}/avatar-greeting/" + ("end/" if end else "")


def browser(session_id: str, **claims: Any) -> dict[str, str]:
    """The Authorization header that a trainee's browser sends."""
    told = {"sub": "t-1", "exp": time.time() + _TOKEN_S, "session_id": session_id, **claims}
    return bearer(jwt.encode(told, JWT_SECRET))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def hand_made(head: Any, claims: Any, key: bytes = JWT_SECRET.encode()) -> str:
    """A JWT that no library would sign."""
    parts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in (head, claims)]
    mac = hmac.digest(key, b".".join(parts), hashlib.sha256)
    return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()
