"""Who is greeted in which training session: TRAINING_GREETER_GREETING names this function."""

from __future__ import annotations

from django.http import HttpRequest
from training_greeter.greeting import Greeting


def greeting(request: HttpRequest, session_id: str) -> Greeting | None:
    """Return the greeting of the trainee's own session, or None if it is not theirs."""
    session = request.user.training_sessions.filter(pk=session_id).first()
    return session and Greeting.of(request.user, session)
