"""The training platform, played by the demo: registers a trainee, greets them, shows the video.

It does what the order's Django platform does, no more: it signs a JWT for the trainee it has just
registered and serves the greeting page with it. It keeps nothing.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

import jwt
from aiohttp import web

_JWT_TTL_S = 3600
_PAGES = Path(__file__).with_name("pages")
_CONFIG_PLACE = "<!--greeting-config-->"


@dataclass(frozen=True, kw_only=True)
class PlatformSettings:
    """What the platform must know."""

    jwt_secret: str
    """HS256, shared with the token endpoint."""
    endpoint_url: str
    """Where the browser finds the token endpoint."""
    page: Path
    """The built page of web/."""


def create_platform(settings: PlatformSettings) -> web.Application:
    """The platform's routes: `/`, `/register`, `/greeting`, `/video` and the page's assets."""

    async def form(_: web.Request) -> web.Response:
        return _page("register")

    async def register(request: web.Request) -> web.Response:
        """Sign the trainee in, and on to the greeting: the ticket is a cookie, so refresh works."""
        answers = {k: str(v) for k, v in (await request.post()).items()}
        session_id = secrets.token_hex(4)
        claims = {
            "sub": f"trainee-{secrets.token_hex(4)}",
            "exp": int(time.time()) + _JWT_TTL_S,
            "session_id": session_id,
            "trainee": {"name": answers.get("name", "")},
            "role": answers.get("role", ""),
            "industry": answers.get("industry", ""),
            "training_type": answers.get("training_type", ""),
            "locale": "en",
            "continue_url": f"{request.url.origin()}/video",
        }
        ticket = jwt.encode(claims, settings.jwt_secret, algorithm="HS256")
        answer = web.HTTPSeeOther(f"/greeting?session_id={session_id}")
        answer.set_cookie(
            f"ticket-{session_id}", ticket, max_age=_JWT_TTL_S, httponly=True, samesite="Strict"
        )
        return answer

    async def greeting(request: web.Request) -> web.Response:
        session_id = request.query.get("session_id", "")
        ticket = request.cookies.get(f"ticket-{session_id}")
        if ticket is None:
            raise web.HTTPSeeOther("/")
        claims = jwt.decode(ticket, options={"verify_signature": False})
        config = {
            "endpointUrl": f"{settings.endpoint_url}/api/users/sessions/{session_id}"
            "/avatar-greeting/",
            "authorization": f"Bearer {ticket}",
            "traineeName": claims["trainee"]["name"],
            "continueUrl": claims["continue_url"],
        }
        return _greeting_page(settings.page, config)

    async def video(_: web.Request) -> web.Response:
        return _page("video")

    app = web.Application()
    app.router.add_get("/", form)
    app.router.add_post("/register", register)
    app.router.add_get("/greeting", greeting)
    app.router.add_get("/video", video)
    app.router.add_static("/assets", settings.page / "assets")
    return app


def _page(name: str) -> web.Response:
    text = (_PAGES / f"{name}.html").read_text(encoding="utf-8")
    return web.Response(text=text, content_type="text/html")


def _greeting_page(page: Path, config: dict[str, str]) -> web.Response:
    # `<` cannot end the script element early, whatever a trainee calls themselves.
    safe = json.dumps(config).replace("<", "\\u003c")
    element = f'<script type="application/json" id="greeting-config">{safe}</script>'
    text = (page / "index.html").read_text(encoding="utf-8").replace(_CONFIG_PLACE, element)
    return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})
