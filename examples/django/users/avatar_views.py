"""Greeting views for the logged-in trainee: call the token endpoint with the platform's API key.

The trainee's data comes from the database, never from the browser. Only two values of the browser
are forwarded: `client` and the end reason. A trainee cannot find out whether another trainee's
session exists. Every error carries `fallback`, also if the token endpoint cannot be reached.

The views are `csrf_exempt` because the page's fetch() sends the session cookie but no CSRF token.
They accept JSON only: a form of another site cannot send JSON, and a script needs a CORS preflight,
which this platform does not answer. The session cookie is SameSite=Lax as well. If your pages use
Django REST framework's token or a JWT instead of a cookie, authenticate with it here; then there is
no CSRF risk.
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
"""Connect and read timeout; in total less than the 10 s that the page waits."""
PAGE_CLIENT = "avatar-greeting"
"""`client` of the React component; the agent then waits until the trainee can hear it."""
JWT_TTL_S = 300
RETRY_AFTER_S = 2
WELCOME = {
    "en": "Welcome{name}! Your training video is ready for you.",
    "de": "Willkommen{name}! Ihr Schulungsvideo steht für Sie bereit.",
    "es": "¡Te damos la bienvenida{name}! Tu vídeo de formación te espera.",
    "fr": "Bienvenue{name} ! Votre vidéo de formation vous attend.",
}
"""Welcome text if the token endpoint cannot provide one."""

View = Callable[[HttpRequest, TrainingSession], HttpResponse]


def own_session_required(view: View) -> Callable[[HttpRequest, int], HttpResponse]:
    """Accept JSON POST requests of logged-in trainees; pass their own session to the view."""

    @csrf_exempt
    @never_cache
    @require_POST
    @wraps(view)
    def wrapper(request: HttpRequest, session_id: int) -> HttpResponse:
        if request.content_type != "application/json":
            return error_response(415, "not_json", "send Content-Type: application/json")
        if not request.user.is_authenticated:
            return error_response(401, "unauthorized", "log in first")
        own = TrainingSession.objects.select_related("trainee").filter(trainee=request.user)
        session = own.filter(pk=session_id).first()
        if session is None:
            return error_response(404, "not_found", "you have no such session")
        return view(request, session)

    return wrapper


@own_session_required
def avatar_greeting(request: HttpRequest, session: TrainingSession) -> HttpResponse:
    """Start or rejoin the greeting: 201 the first time, then 200, and 409 after its end."""
    body = session.greeting_fields()
    if json_object(request).get("client") == PAGE_CLIENT:
        body["client"] = PAGE_CLIENT
    return call_token_endpoint(session, "", body)


@own_session_required
def end_avatar_greeting(request: HttpRequest, session: TrainingSession) -> HttpResponse:
    """End the greeting and remove the avatar; the page calls this when the trainee continues."""
    reason = json_object(request).get("reason", "continue")
    return call_token_endpoint(session, "end/", {"reason": reason})


@own_session_required
def avatar_greeting_token(request: HttpRequest, session: TrainingSession) -> HttpResponse:
    """Sign a JWT with which the trainee's browser calls the token endpoint itself.

    The page's `authorization` may be a function: let it fetch this address, so that the JWT is
    always fresh. Add the page's origin to the endpoint's CORS_ALLOWED_ORIGINS.
    """
    claims = {
        **session.greeting_fields(),
        "sub": str(session.trainee.pk),
        "session_id": str(session.pk),
        "exp": int(time.time()) + JWT_TTL_S,
    }
    token = jwt.encode(claims, settings.PLATFORM_JWT_SECRET, algorithm="HS256")
    return JsonResponse({"authorization": f"Bearer {token}"})


def call_token_endpoint(session: TrainingSession, path: str, body: dict[str, Any]) -> HttpResponse:
    """Forward the token endpoint's answer and status, or return a 503 of our own."""
    url = f"{settings.ENDPOINT_URL.rstrip('/')}/api/users/sessions/{session.pk}/avatar-greeting/"
    try:
        answer = requests.post(
            url + path,
            json=body,
            headers={"X-API-Key": settings.PLATFORM_API_KEY},
            timeout=TIMEOUT_S,
            allow_redirects=False,
        )
        content = answer.json()
        if not isinstance(content, dict) or "success" not in content:
            raise ValueError("not an answer of the token endpoint")
    except (requests.RequestException, ValueError) as e:
        # Do not log the error's text: it may contain addresses and bodies.
        logger.warning(
            "token endpoint did not answer session %s: %s; check ENDPOINT_URL",
            session.pk,
            type(e).__name__,
        )
        return unavailable(session)
    if answer.status_code == 401:
        # This is about our key. If we forwarded it, the page would treat the trainee as logged out.
        logger.error("token endpoint rejected the API key; check PLATFORM_API_KEY on both sides")
        return unavailable(session)
    response = JsonResponse(content, status=answer.status_code)
    if retry_after := answer.headers.get("Retry-After"):
        response.headers["Retry-After"] = retry_after
    return response


def json_object(request: HttpRequest) -> dict[str, Any]:
    """Return the request's JSON object; empty if the body is not one. No field is required."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def unavailable(session: TrainingSession) -> HttpResponse:
    """Build the 503 answer for an unreachable token endpoint."""
    message = "the greeting is not available now"
    response = error_response(503, "greeter_unavailable", message, session)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def error_response(
    status: int, code: str, message: str, session: TrainingSession | None = None
) -> HttpResponse:
    """Build an error in the token endpoint's format, with a welcome text and the Continue URL."""
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
