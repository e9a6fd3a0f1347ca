"""Who is greeted in which training session: TRAINING_GREETER_GREETING names this function."""

from __future__ import annotations

from django.http import HttpRequest
from training_greeter.greeting import Greeting

from users.models import TrainingSession

FIELDS = [
    *("role", "industry", "training_type", "locale", "continue_url"),
    *("consent_transcript", "consent_recording"),
]


def greeting(request: HttpRequest, session_id: str) -> Greeting | None:
    """Return the greeting of the trainee's own session, or None if it is not theirs."""
    sessions = TrainingSession.objects.filter(trainee=request.user, pk=session_id)
    fields = sessions.values(*FIELDS).first()
    # The agent speaks the first name, which may be empty. Do not use the username.
    name = request.user.get_short_name()
    return fields and Greeting(trainee_id=request.user.pk, trainee_name=name, **fields)
