"""A platform's JWKS server that counts its requests."""

from __future__ import annotations

import asyncio
import functools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import get_default_algorithms

from agent.demo.providers.wire import serving

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@functools.cache
def private_key(algorithm: str, name: str = "", *, bits: int = 2048) -> Private:
    """One key for each algorithm and name, the same in all tests."""
    if algorithm == "RS256":
        return rsa.generate_private_key(public_exponent=65537, key_size=bits)
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1() if algorithm == "ES256" else ec.SECP384R1())


def public_jwk(algorithm: str, kid: str | None, key: Private, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(
        get_default_algorithms()[algorithm].to_jwk(key.public_key())  # type: ignore[arg-type]
    )
    made = {k: v for k, v in made.items() if k not in {"key_ops", "alg"}}
    return {**made, **({"kid": kid} if kid is not None else {}), **more}


def pem(key: Private) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def signed(
    algorithm: str = "RS256",
    kid: str | None = "k1",
    *,
    key: Private | None = None,
    head: dict[str, Any] | None = None,
    **claims: Any,
) -> str:
    """A platform's JWT for session 7; a claim of None is left out."""
    told = {"sub": "t-1", "session_id": "7", "exp": time.time() + 300, **claims}
    return jwt.encode(
        {k: v for k, v in told.items() if v is not None},
        key or private_key(algorithm),
        algorithm=algorithm,
        headers={**({"kid": kid} if kid is not None else {}), **(head or {})},
    )


class KeyServer:
    def __init__(self) -> None:
        self.keys: list[Any] = [public_jwk("RS256", "k1", private_key("RS256"))]
        self.body: bytes | None = None
        """Sent instead of the keys."""
        self.status = 200
        self.delay_s = 0.0
        self.asked = 0
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        await asyncio.sleep(self.delay_s)
        body = json.dumps({"keys": self.keys}).encode() if self.body is None else self.body
        headers = {"Location": "/elsewhere"} if self.status == 302 else {}
        return web.Response(status=self.status, body=body, headers=headers)


@asynccontextmanager
async def key_server() -> AsyncIterator[KeyServer]:
    server = KeyServer()
    app = web.Application()
    app.router.add_get("/{any:.*}", server.answer)
    async with serving(app) as origin:
        server.url = f"{origin}/.well-known/jwks.json"
        yield server
