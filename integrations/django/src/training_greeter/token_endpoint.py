"""Call the token endpoint with the platform's API key, and sign JWTs for browsers that call it.

`request_greeting` is also for the platform's own code: call it when the trainee submits the
registration form, and the avatar is ready when the page has loaded.
"""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
import requests

from training_greeter import conf
from training_greeter.greeting import Greeting

logger = logging.getLogger(__name__)

TIMEOUT_S = (2, 6)
"""Connect and read timeout; in total less than the 10 s that the page waits."""
JWT_TTL_S = 300
RETRY_AFTER_S = 2
WELCOME = {
    "en": "Welcome{name}! Your training video is ready for you.",
    "de": "Willkommen{name}! Ihr Schulungsvideo steht für Sie bereit.",
    "es": "¡Te damos la bienvenida{name}! Tu video de formación te espera.",
    "fr": "Bienvenue{name} ! Votre vidéo de formation vous attend.",
}
"""Welcome text if the token endpoint cannot provide one."""
SESSION_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
"""The ids that the token endpoint accepts: integers and UUIDs among them."""


@dataclass(frozen=True)
class Answer:
    """An answer in the token endpoint's format."""

    status: int
    content: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


def request_greeting(
    session_id: Any,
    greeting: Greeting,
    *,
    client: str = "",
    join_timeout_s: float | None = None,
    restart: bool = False,
) -> Answer:
    """Start or rejoin the greeting of a session. Never raises if the endpoint cannot be reached.

    Args:
        client: `avatar-greeting` if the browser's page announced it.
        join_timeout_s: how long the avatar waits for the trainee; the endpoint's default otherwise.
        restart: start a new greeting even if the session's greeting has ended.

    Returns:
        201 or 200 with the room token, or an error with `fallback`; 409 after the greeting's end.
    """
    body = greeting.fields()
    if client:
        body["client"] = client
    if join_timeout_s is not None:
        body["join_timeout_s"] = join_timeout_s
    if restart:
        body["restart"] = True
    return _post(session_id, "", body, greeting)


def end_greeting(session_id: Any, greeting: Greeting, reason: str = "continue") -> Answer:
    """End the greeting of a session and remove its avatar. Repeating it does no harm."""
    return _post(session_id, "end/", {"reason": reason}, greeting)


def give_feedback(session_id: Any, greeting: Greeting, helpful: bool, comment: str = "") -> Answer:
    """Add what the trainee thinks of the greeting to its outcome, after its end.

    Args:
        helpful: thumbs up or down.
        comment: one line; empty for none.
    """
    return _post(session_id, "feedback/", {"helpful": helpful, "comment": comment}, greeting)


def browser_authorization(session_id: Any, greeting: Greeting) -> str:
    """Return an `Authorization` header with which a browser calls the token endpoint itself.

    It is valid for five minutes and for this session only.

    Raises:
        ImproperlyConfigured: TRAINING_GREETER_JWT_SECRET is not set.
    """
    claims = {
        **greeting.fields(),
        "sub": str(greeting.trainee_id),
        "session_id": str(session_id),
        "exp": int(time.time()) + JWT_TTL_S,
    }
    return "Bearer " + jwt.encode(claims, conf.required("JWT_SECRET"), algorithm="HS256")


def error_answer(status: int, code: str, message: str, greeting: Greeting | None = None) -> Answer:
    """Build an error in the token endpoint's format, with a welcome text and the Continue URL."""
    name = greeting.trainee_name if greeting else ""
    language = greeting.locale.split("-")[0].lower() if greeting else ""
    language = language if language in WELCOME else "en"
    fallback = {
        "welcome_text": WELCOME[language].format(name=f", {name}" if name else ""),
        "locale": language,
        "continue_url": greeting.continue_url if greeting else "",
    }
    unavailable = status == 503
    error = {"code": code, "message": message, "retryable": unavailable}
    headers = {"Retry-After": str(RETRY_AFTER_S)} if unavailable else {}
    return Answer(status, {"success": False, "error": error, "fallback": fallback}, headers)


def _post(session_id: Any, path: str, body: dict[str, Any], greeting: Greeting) -> Answer:
    unavailable = error_answer(
        503, "greeter_unavailable", "the greeting is not available now", greeting
    )
    try:
        answer = requests.post(
            f"{conf.endpoint_url()}/api/users/sessions/{session_id}/avatar-greeting/{path}",
            json=body,
            headers={"X-API-Key": conf.required("API_KEY")},
            timeout=TIMEOUT_S,
            allow_redirects=False,
        )
        content = answer.json()
        if not isinstance(content, dict) or "success" not in content:
            raise ValueError("not an answer of the token endpoint")
    except (requests.RequestException, ValueError) as e:
        # Do not log the error's text: it may contain addresses and bodies.
        logger.warning(
            "token endpoint did not answer session %s: %s; check TRAINING_GREETER_ENDPOINT_URL",
            session_id,
            type(e).__name__,
        )
        return unavailable
    if answer.status_code == 401:
        # This is about our key. If we forwarded it, the page would treat the trainee as logged out.
        logger.error(
            "token endpoint rejected the API key; compare TRAINING_GREETER_API_KEY with its "
            "PLATFORM_API_KEY"
        )
        return unavailable
    retry_after = answer.headers.get("Retry-After")
    headers = {"Retry-After": retry_after} if retry_after else {}
    return Answer(answer.status_code, content, headers)
