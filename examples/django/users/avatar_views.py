"""The greeting, for the logged-in trainee: asked of the greeter in the platform's name.

Who the trainee is, and what is said of them, comes from the database, never from the browser, of
which two words are passed on: that it is our page, and why it ends. Nobody learns whether somebody
else's session exists. Every refusal carries `fallback`, also when the greeter is out of reach.

Why these views are `csrf_exempt`: the page's fetch() brings the session cookie along (to its own
origin it always does) but no CSRF token. What guards them instead is that they take JSON only. No
form can send that from another site, and a script can only after a CORS preflight, which this
platform does not answer; besides, the session cookie is SameSite=Lax. Where pages send Django REST
framework's token or a JWT instead of a cookie, authenticate here with that: there is then nothing
to forge.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import jwt
import requests
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from users.models import TrainingSession

logger = logging.getLogger(__name__)

TIMEOUT_S = (2, 6)
"""To connect, and to answer: together less than the 10 s the page waits for us."""
PAGE = "avatar-greeting"
"""The client our page names itself; the greeter then waits until it can be heard."""
JWT_TTL_S = 300
RETRY_AFTER_S = 2
WELCOME = {
    "en": "Welcome{name}! Your training video is ready for you.",
    "de": "Willkommen{name}! Ihr Schulungsvideo steht für Sie bereit.",
    "es": "¡Te damos la bienvenida{name}! Tu vídeo de formación te espera.",
    "fr": "Bienvenue{name} ! Votre vidéo de formation vous attend.",
}
"""What the page says where the greeter cannot be asked for its own words."""

View = Callable[[HttpRequest, TrainingSession], HttpResponse]


def for_own_session(view: View) -> Callable[[HttpRequest, int], HttpResponse]:
    """POST JSON, logged in, and about one's own session; the view is handed that session."""

    @csrf_exempt
    @never_cache
    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest, session_id: int) -> HttpResponse:
        if request.content_type != "application/json":
            return refusal(415, "not_json", "send Content-Type: application/json")
        if not request.user.is_authenticated:
            return refusal(401, "unauthorized", "log in first")
        own = TrainingSession.objects.select_related("trainee").filter(trainee=request.user)
        session = own.filter(pk=session_id).first()
        if session is None:
            return refusal(404, "not_found", "you have no such session")
        return view(request, session)

    return guarded


@for_own_session
def avatar_greeting(request: HttpRequest, session: TrainingSession) -> HttpResponse:
    """Start or rejoin the greeting: 201 first, 200 afterwards, 409 once it is over."""
    asked = session.told_to_greeter()
    if sent_by(request).get("client") == PAGE:
        asked["client"] = PAGE
    return ask_greeter(session, "", asked)


@for_own_session
def end_avatar_greeting(request: HttpRequest, session: TrainingSession) -> HttpResponse:
    """End the greeting and the paid avatar, as the page asks when the trainee goes on."""
    reason = sent_by(request).get("reason", "continue")
    return ask_greeter(session, "end/", {"reason": reason})


@for_own_session
def avatar_greeting_token(request: HttpRequest, session: TrainingSession) -> HttpResponse:
    """The other way: a JWT with which the trainee's browser asks the greeter itself.

    It needs CORS_ALLOWED_ORIGINS there. The page's `authorization` may be a function: let it fetch
    this address, and no token is ever stale.
    """
    claims = {
        **session.told_to_greeter(),
        "sub": str(session.trainee.pk),
        "session_id": str(session.pk),
        "exp": int(time.time()) + JWT_TTL_S,
    }
    token = jwt.encode(claims, settings.PLATFORM_JWT_SECRET, algorithm="HS256")
    return JsonResponse({"authorization": f"Bearer {token}"})


def ask_greeter(session: TrainingSession, what: str, body: dict[str, Any]) -> HttpResponse:
    """The greeter's answer and status as they are, or a refusal of our own."""
    url = f"{settings.ENDPOINT_URL.rstrip('/')}/api/users/sessions/{session.pk}/avatar-greeting/"
    try:
        answer = requests.post(
            url + what,
            json=body,
            headers={"X-API-Key": settings.PLATFORM_API_KEY},
            timeout=TIMEOUT_S,
            allow_redirects=False,
        )
        told = answer.json()
        if not isinstance(told, dict) or "success" not in told:
            raise ValueError("somebody else answered")
    except (requests.RequestException, ValueError) as e:
        # Its text is left out: it may repeat addresses and bodies.
        logger.warning("session %s: no answer from the greeter: %s", session.pk, type(e).__name__)
        return unavailable(session)
    if answer.status_code == 401:
        # About our key, never about the trainee, whose page would take it for a log-out.
        logger.error("the greeter does not accept PLATFORM_API_KEY")
        return unavailable(session)
    passed_on = JsonResponse(told, status=answer.status_code)
    if wait := answer.headers.get("Retry-After"):
        passed_on.headers["Retry-After"] = wait
    return passed_on


def sent_by(request: HttpRequest) -> dict[str, Any]:
    """The browser's JSON object; empty where it is none, for nothing in it is needed."""
    try:
        sent = json.loads(request.body)
    except ValueError:
        return {}
    return sent if isinstance(sent, dict) else {}


def unavailable(session: TrainingSession) -> HttpResponse:
    answer = refusal(503, "greeter_unavailable", "no greeting can be had now", session)
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def refusal(
    status: int, code: str, message: str, session: TrainingSession | None = None
) -> HttpResponse:
    """An error in the greeter's own shape, so that the page can always welcome and let go."""
    name = session.trainee.get_short_name() if session else ""
    language = session.locale.split("-")[0].lower() if session else "en"
    language = language if language in WELCOME else "en"
    fallback = {
        "welcome_text": WELCOME[language].format(name=f", {name}" if name else ""),
        "locale": language,
        "continue_url": session.continue_url if session else "",
    }
    error = {"code": code, "message": message, "retryable": status == 503}
    return JsonResponse({"success": False, "error": error, "fallback": fallback}, status=status)
