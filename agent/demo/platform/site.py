"""The training platform of the demo: registers a trainee, shows the greeting, then the video.

It does what an integrator's platform does: it signs a JWT for the trainee, serves the greeting page
with it, and takes the outcome of the greeting. It keeps nothing beyond its own run.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import jwt
from aiohttp import web
from jinja2 import Environment, FileSystemLoader
from jinja2.utils import htmlsafe_json_dumps
from standardwebhooks import Webhook, WebhookVerificationError

from agent.core.tasks import TaskSet
from agent.scripts.library import PROMPTS, load_library

POSTER_PATH = "/static/guide.jpg"
"""A still of the avatar of the stand-in for Beyond Presence."""
_JWT_TTL_S = 3600
_READING_S = 40
"""The avatar waits this long for a trainee who is reading the pre-join screen."""
_AHEAD_TIMEOUT = aiohttp.ClientTimeout(total=10)
_FOLDER = Path(__file__).with_name("templates")
_TEMPLATES = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True)


@dataclass(kw_only=True)
class Platform:
    """The platform's pages (form, greeting, video), and `POST /outcomes`."""

    jwt_secret: str
    """HS256, shared with the token endpoint."""
    api_key: str
    """PLATFORM_API_KEY of the token endpoint."""
    webhook_secret: str
    """`whsec_…`, shared with the sender of outcomes."""
    endpoint_url: str
    """URL of the token endpoint, for the browser."""
    page: Path
    """The built page of web/."""
    pre_join: bool = True
    """Begin with the page's pre-join screen; `&pre_join=on` in the page's address shows it, too."""
    _outcomes: dict[str, dict[str, Any]] = field(default_factory=dict, init=False)
    """The outcomes of this run, by the id of their message."""
    _asking: TaskSet = field(default_factory=TaskSet, init=False)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/", self.form)
        app.router.add_post("/register", self.register)
        app.router.add_get("/greeting", self.greeting)
        app.router.add_get("/video", self.video)
        app.router.add_get("/sessions/{session_id}/video", self.video)
        app.router.add_get("/sessions/{session_id}/outcome", self.outcome)
        app.router.add_post("/outcomes", self.take_outcome)
        app.router.add_static("/static", Path(__file__).with_name("static"))
        app.router.add_static("/assets", self.page / "assets")
        return app

    async def form(self, _: web.Request) -> web.Response:
        """The registration form, with every shipped script and every industry of theirs."""
        scripts = load_library(PROMPTS).scripts
        pages = [page for locales in scripts.values() for page in locales.values()]
        names = {name for page in pages for name in page.fields.industries}
        trainings = _ordered(scripts, first="warehouse_safety")
        industries = _ordered(names, first="logistics")
        template = _TEMPLATES.get_template("register.html")
        return _html(template.render(trainings=trainings, industries=industries))

    async def register(self, request: web.Request) -> web.Response:
        """Sign a JWT for the trainee; it is in a cookie, so that a reload works."""
        answers = {k: str(v) for k, v in (await request.post()).items()}
        session_id = secrets.token_hex(4)
        chosen = answers.get("locale", "")
        locale = answers.get("other_locale", "").strip() if chosen == "other" else chosen
        claims = {
            "sub": f"trainee-{secrets.token_hex(4)}",
            "exp": int(time.time()) + _JWT_TTL_S,
            "session_id": session_id,
            "trainee": {"name": answers.get("name", "")},
            **{name: answers.get(name, "") for name in ("role", "industry", "training_type")},
            "locale": locale or "en",
            "consent": {name: f"keep_{name}" in answers for name in ("transcript", "recording")},
            "continue_url": f"{request.url.origin()}/sessions/{session_id}/video",
        }
        token = jwt.encode(claims, self.jwt_secret, algorithm="HS256")
        self._asking.start(self._ask_ahead(session_id, claims), name="ask_ahead")
        answer = web.HTTPSeeOther(f"/greeting?session_id={session_id}")
        answer.set_cookie(
            f"jwt-{session_id}", token, max_age=_JWT_TTL_S, httponly=True, samesite="Strict"
        )
        return answer

    async def greeting(self, request: web.Request) -> web.Response:
        session_id = request.query.get("session_id", "")
        claims = self._claims(request, session_id)
        if claims is None:
            raise web.HTTPSeeOther("/")
        config = {
            "endpointUrl": self._greeting_url(session_id),
            "authorization": f"Bearer {request.cookies[f'jwt-{session_id}']}",
            "traineeName": claims["trainee"]["name"],
            "locale": claims["locale"],
            "continueUrl": claims["continue_url"],
            "preJoin": self.pre_join or request.query.get("pre_join") == "on",
        }
        page = (self.page / "index.html").read_text(encoding="utf-8")
        return _html(_with_config(page, "greeting-config", config))

    async def _ask_ahead(self, session_id: str, claims: dict[str, Any]) -> None:
        """Request the greeting ahead of time; the page's own request reports failures."""
        fields = {k: v for k, v in claims.items() if k not in ("sub", "exp", "session_id")}
        fields["trainee"] = {"id": claims["sub"], **claims["trainee"]}
        if self.pre_join:
            fields["join_timeout_s"] = _READING_S
        key = {"X-API-Key": self.api_key}
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with (
                aiohttp.ClientSession(headers=key, timeout=_AHEAD_TIMEOUT) as http,
                http.post(self._greeting_url(session_id), json=fields) as answer,
            ):
                await answer.read()

    def _greeting_url(self, session_id: str) -> str:
        return f"{self.endpoint_url}/api/users/sessions/{session_id}/avatar-greeting/"

    async def video(self, request: web.Request) -> web.Response:
        """The page that Continue opens, in English if it has no texts in the trainee's locale."""
        session_id = request.match_info.get("session_id", "")
        claims = self._claims(request, session_id)
        config = {
            "locale": claims["locale"] if claims else "en",
            "outcomeUrl": f"/sessions/{session_id}/outcome" if claims else "",
            "words": json.loads((_FOLDER / "video_words.json").read_text(encoding="utf-8")),
        }
        page = (_FOLDER / "video.html").read_text(encoding="utf-8")
        return _html(_with_config(page, "video-config", config))

    async def outcome(self, request: web.Request) -> web.Response:
        """The newest outcome, for the trainee's own browser alone; null until it has come."""
        session_id = request.match_info["session_id"]
        if self._claims(request, session_id) is None:
            raise web.HTTPForbidden(text="this browser did not register for this session")
        found = [each for each in self._outcomes.values() if each["session_id"] == session_id]
        newest = max(found, key=lambda outcome: str(outcome["started_at"]), default=None)
        return web.json_response({"outcome": newest}, headers={"Cache-Control": "no-store"})

    async def take_outcome(self, request: web.Request) -> web.Response:
        """The webhook: 204 if the message is valid, else 401.

        Any platform can do the same with `standardwebhooks`: verify the raw body, and take each
        message once, however often it is delivered.
        """
        body, headers = await request.read(), dict(request.headers)
        try:
            message = Webhook(self.webhook_secret).verify(body, headers)
        except (WebhookVerificationError, ValueError) as e:
            return web.json_response({"error": str(e)}, status=401)
        if message["type"] == "greeting.ended":
            self._outcomes.setdefault(request.headers["webhook-id"], message["data"])
        return web.Response(status=204)

    def _claims(self, request: web.Request, session_id: str) -> dict[str, Any] | None:
        """The claims of this browser's cookie for the session; None if it has none."""
        token = request.cookies.get(f"jwt-{session_id}", "")
        try:
            claims: dict[str, Any] = jwt.decode(token, self.jwt_secret, algorithms=["HS256"])
        except jwt.InvalidTokenError:
            return None
        return claims if claims.get("session_id") == session_id else None


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})


def _with_config(page: str, name: str, config: dict[str, Any]) -> str:
    """A page with its config in place of the comment `<!--name-->`.

    What a trainee wrote never becomes markup or script.
    """
    safe = htmlsafe_json_dumps(config)
    element = f'<script type="application/json" id="{name}">{safe}</script>'
    return page.replace(f"<!--{name}-->", element)


def _ordered(names: Iterable[str], *, first: str) -> list[str]:
    """The names as people write them, in alphabetical order after the first."""
    return [each.replace("_", " ") for each in sorted(names, key=lambda n: (n != first, n))]
