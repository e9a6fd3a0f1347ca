"""Views for the logged-in trainee: show, request, end, and authorize the greeting of a session.

Which sessions a trainee has is the project's decision (`training_greeter.greeting`). A trainee
cannot find out whether another trainee's session exists. The browser provides these values only:
`client`, the end reason and the feedback. Every error carries `fallback`, also if the token
endpoint cannot be reached.

The views keep Django's CSRF protection: the page sends the token in the header `X-CSRFToken`
(`{% training_greeter %}` does it; the React component has the prop `headers`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from training_greeter import conf, token_endpoint
from training_greeter.greeting import Greeting

logger = logging.getLogger(__name__)

PAGE_CLIENT = "avatar-greeting"
"""`client` of the page; the agent then waits until the trainee can hear it."""

View = Callable[[HttpRequest, str, Greeting], HttpResponse]


def own_session_required(view: View) -> Callable[[HttpRequest, Any], HttpResponse]:
    """Accept POST requests of logged-in trainees; pass the greeting of their session to the view.

    `session_id` may come from any path converter: `<int:…>`, `<uuid:…>` or `<str:…>`.
    """

    @never_cache
    @require_POST
    @wraps(view)
    def wrapper(request: HttpRequest, session_id: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _response(token_endpoint.error_answer(401, "unauthorized", "log in first"))
        session = str(session_id)
        greeting = _greeting(request, session)
        if greeting is None:
            return _response(
                token_endpoint.error_answer(404, "not_found", "you have no such session")
            )
        return view(request, session, greeting)

    return wrapper


def _greeting(request: HttpRequest, session_id: str) -> Greeting | None:
    if not token_endpoint.SESSION_ID.fullmatch(session_id):
        return None
    try:
        return conf.greeting_function()(request, session_id)
    except (ValueError, ValidationError):
        # Django raises them if it looks for `pk="abc"`, and the key is an integer or a UUID.
        logger.warning(
            "TRAINING_GREETER_GREETING cannot read a session id; answered 404", exc_info=True
        )
        return None


@never_cache
@require_safe
@login_required
def welcome(request: HttpRequest, session_id: Any) -> HttpResponse:
    """Show the greeting on a page of its own: the template `training_greeter/welcome.html`.

    Replace it in the project's templates, or use `{% training_greeter %}` in any other page.
    """
    greeting = _greeting(request, str(session_id))
    if greeting is None:
        raise Http404("you have no such session")
    context = {"session_id": session_id, "greeting": greeting}
    return render(request, "training_greeter/welcome.html", context)


@own_session_required
def avatar_greeting(request: HttpRequest, session_id: str, greeting: Greeting) -> HttpResponse:
    """Start or rejoin the greeting: 201 the first time, then 200, and 409 after its end."""
    client = PAGE_CLIENT if _json_object(request).get("client") == PAGE_CLIENT else ""
    return _response(token_endpoint.request_greeting(session_id, greeting, client=client))


@own_session_required
def end_avatar_greeting(request: HttpRequest, session_id: str, greeting: Greeting) -> HttpResponse:
    """End the greeting and remove the avatar; the page calls this when the trainee continues."""
    reason = _json_object(request).get("reason", "continue")
    return _response(token_endpoint.end_greeting(session_id, greeting, reason))


@own_session_required
def greeting_feedback(request: HttpRequest, session_id: str, greeting: Greeting) -> HttpResponse:
    """Pass on the feedback that the trainee gives after the greeting has ended.

    The token endpoint answers 422 if it is not valid.
    """
    given = _json_object(request)
    helpful: Any = given.get("helpful")
    comment = given.get("comment", "")
    return _response(token_endpoint.give_feedback(session_id, greeting, helpful, comment))


@own_session_required
def avatar_greeting_token(
    request: HttpRequest, session_id: str, greeting: Greeting
) -> HttpResponse:
    """Sign a JWT with which the trainee's browser calls the token endpoint itself.

    The page's `authorization` may be a function: let it fetch this address, so that the JWT is
    always fresh. Add the page's origin to the endpoint's CORS_ALLOWED_ORIGINS.
    """
    authorization = token_endpoint.browser_authorization(session_id, greeting)
    return JsonResponse({"authorization": authorization})


def _json_object(request: HttpRequest) -> dict[str, Any]:
    """Return the request's JSON object; empty if the body is not one. No field is required."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _response(answer: token_endpoint.Answer) -> HttpResponse:
    return JsonResponse(answer.content, status=answer.status, headers=answer.headers)
