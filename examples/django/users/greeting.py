"""Who is greeted in which training session: TRAINING_GREETER_GREETING names this function."""

from __future__ import annotations

from django.http import HttpRequest
from training_greeter.greeting import Greeting

from users.models import TrainingSession


def greeting(request: HttpRequest, session_id: str) -> Greeting | None:
    """Return the greeting of the trainee's own session, or None if it is not theirs."""
    session = TrainingSession.objects.filter(trainee=request.user, pk=session_id).first()
    if session is None:
        return None
    return Greeting(
        trainee_id=session.trainee.pk,
        # The first name; it may be empty. The agent speaks it, so do not use the username.
        trainee_name=session.trainee.get_short_name(),
        role=session.role,
        industry=session.industry,
        training_type=session.training_type,
        locale=session.locale,
        continue_url=session.continue_url,
        consent_transcript=session.consent_transcript,
        consent_recording=session.consent_recording,
    )
