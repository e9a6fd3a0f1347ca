"""The endpoint in this process, as an ASGI app without LiveKit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI

from agent.core.settings import EndpointSettings
from agent.token_endpoint.app import create_app
from tests.support.endpoint_requests import API_KEY, CONTINUE_URL, JWT_SECRET, ORIGIN

LIVEKIT_KEY = "lk"
LIVEKIT_SECRET = "livekits-secret-of-at-least-32-bytes"


def settings(state: Path, **more: str) -> EndpointSettings:
    return EndpointSettings.from_env(
        {
            "LIVEKIT_URL": "ws://127.0.0.1:1",
            "LIVEKIT_TIMEOUT_S": "0.3",  # no second CreateRoom
            "LIVEKIT_API_KEY": LIVEKIT_KEY,
            "LIVEKIT_API_SECRET": LIVEKIT_SECRET,
            "PLATFORM_API_KEY": API_KEY,
            "PLATFORM_JWT_SECRET": JWT_SECRET,
            "CONTINUE_URL": CONTINUE_URL,
            "CORS_ALLOWED_ORIGINS": ORIGIN,
            "STATE_DIR": str(state),
            **more,
        }
    )


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
