"""The endpoint in this process, as an ASGI app without LiveKit."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
from fastapi import FastAPI

from agent.core.settings import EndpointSettings
from agent.token_endpoint.app import create_app

KEY = "the-backends-own-key"
BACKEND = {"X-API-Key": KEY}
JWT_SECRET = "the-platforms-secret-of-32-bytes-"
LIVEKIT_KEY = "lk"
LIVEKIT_SECRET = "livekits-secret-of-at-least-32-bytes"
ORIGIN = "https://platform.example"


def settings(state: Path, **more: str) -> EndpointSettings:
    return EndpointSettings.from_env(
        {
            "LIVEKIT_URL": "ws://127.0.0.1:1",
            "LIVEKIT_TIMEOUT_S": "0.3",  # no second CreateRoom
            "LIVEKIT_API_KEY": LIVEKIT_KEY,
            "LIVEKIT_API_SECRET": LIVEKIT_SECRET,
            "PLATFORM_API_KEY": KEY,
            "PLATFORM_JWT_SECRET": JWT_SECRET,
            "CONTINUE_URL": "https://platform.example/video",
            "CORS_ALLOWED_ORIGINS": ORIGIN,
            "STATE_DIR": str(state),
            **more,
        }
    )


def path_of(session_id: str, *, end: bool = False) -> str:
    return f"/api/users/sessions/{session_id}/avatar-greeting/" + ("end/" if end else "")


def browser(session_id: str, **claims: Any) -> dict[str, str]:
    """The header of a trainee's browser."""
    told = {"sub": "t-1", "exp": time.time() + 86_400, "session_id": session_id, **claims}
    return {"Authorization": f"Bearer {jwt.encode(told, JWT_SECRET)}"}


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The app, started; it ends with the block."""
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://endpoint") as http:
            yield http


@asynccontextmanager
async def endpoint(state: Path, **more: str) -> AsyncIterator[httpx.AsyncClient]:
    async with running(create_app(settings(state, **more))) as http:
        yield http
