"""Vertex AI's `streamGenerateContent`, and Google's tokens for a service account."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from agent.demo.providers.wire import serving

TOKEN = "a-token-of-the-service-account"


@dataclass
class Vertex:
    """Answers `OK.`, or 200 ms of silence; `paths` has what was requested with a valid token."""

    url: str = ""
    paths: list[str] = field(default_factory=list)
    unknown_model: str = ""

    async def token(self, _: web.Request) -> web.Response:
        return web.json_response(
            {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
        )

    async def generate(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": {"code": 401, "message": "no token"}}, status=401)
        self.paths.append(request.path)
        if self.unknown_model and self.unknown_model in request.path:
            return web.json_response({"error": {"code": 404, "message": "none"}}, status=404)
        body = await request.json()
        part: dict[str, Any] = {"text": "OK."}
        if "AUDIO" in (body.get("generationConfig") or {}).get("responseModalities", []):
            silence = base64.b64encode(bytes(2 * 4_800)).decode()
            part = {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": silence}}
        content = {"role": "model", "parts": [part]}
        chunk = {"candidates": [{"content": content, "finishReason": "STOP"}]}
        return web.Response(
            text=f"data: {json.dumps(chunk)}\r\n\r\n", content_type="text/event-stream"
        )


@asynccontextmanager
async def vertex(folder: Path) -> AsyncIterator[tuple[Vertex, dict[str, str]]]:
    """Serve on loopback; yields the settings with which greetings use it in europe-west4."""
    server = Vertex()
    app = web.Application()
    app.router.add_post("/token", server.token)
    app.router.add_post("/{path:v1beta1/.*}", server.generate)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    async with serving(app) as server.url:
        account = {
            "type": "service_account",
            "project_id": "greeter",
            "private_key_id": "1",
            "private_key": key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ).decode(),
            "client_email": "greeter@greeter.iam.gserviceaccount.com",
            "token_uri": f"{server.url}/token",
        }
        file = folder / "account.json"
        file.write_text(json.dumps(account))
        yield (
            server,
            {
                "GOOGLE_GENAI_USE_VERTEXAI": "true",
                "GOOGLE_CLOUD_PROJECT": "greeter",
                "GOOGLE_CLOUD_LOCATION": "europe-west4",
                "GOOGLE_APPLICATION_CREDENTIALS": str(file),
                "GOOGLE_VERTEX_BASE_URL": server.url,
            },
        )
