"""What the platform knows of a training session, and what came of its greetings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class TrainingSession(models.Model):
    """One trainee's way through one training."""

    trainee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="training_sessions"
    )
    role = models.CharField(max_length=120, blank=True)
    industry = models.CharField(max_length=120, blank=True)
    training_type = models.CharField(max_length=120, blank=True)
    locale = models.CharField(max_length=35, default="en", help_text="BCP 47, as in es or de-CH")
    consent_transcript = models.BooleanField(
        default=False, help_text="The trainee agreed that the conversation's text is kept."
    )
    consent_recording = models.BooleanField(
        default=False, help_text="The trainee agreed that both voices are recorded."
    )
    continue_url = models.URLField(max_length=2000, help_text="The training video's page.")

    def __str__(self) -> str:
        return f"{self.pk}: {self.training_type or 'training'}"

    def told_to_greeter(self) -> dict[str, Any]:
        """What only the platform may say: the request's body, or the JWT's claims.

        `get_short_name` is Django's first name. It is spoken aloud, so no username in its place;
        without a name the trainee is greeted without one.
        """
        return {
            "trainee": {"id": str(self.trainee.pk), "name": self.trainee.get_short_name()},
            "role": self.role,
            "industry": self.industry,
            "training_type": self.training_type,
            "locale": self.locale,
            "consent": {
                "transcript": self.consent_transcript,
                "recording": self.consent_recording,
            },
            "continue_url": self.continue_url,
        }


class GreetingOutcome(models.Model):
    """What came of one greeting, as the greeter reported it; greeted twice, a session has two.

    It goes with its session: who deletes a trainee deletes what they said.
    """

    webhook_id = models.CharField(max_length=200, unique=True)
    """The same in every delivery of one outcome: what makes the receiver idempotent."""
    session = models.ForeignKey(TrainingSession, on_delete=models.CASCADE, related_name="outcomes")
    script = models.CharField(max_length=120)
    script_version = models.PositiveIntegerField()
    locale = models.CharField(max_length=35)
    ended_reason = models.CharField(max_length=64, blank=True)
    answers = models.JSONField(default=dict)
    """By the question's id: type, status, value, at."""
    outcome = models.JSONField()
    """All of it; the columns above are copies to search by."""
    received_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.session_id}: {self.ended_reason}"
