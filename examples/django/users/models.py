"""Training sessions, and the outcomes of their greetings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class TrainingSession(models.Model):
    """One trainee's training."""

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

    def greeting_fields(self) -> dict[str, Any]:
        """Return the fields that only the platform may set: request body or JWT claims.

        `get_short_name` is the first name. The agent speaks it, so do not replace it by a username.
        It may be empty.
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
    """The outcome of one greeting. A session that was greeted twice has two.

    It is deleted with its session, and so with its trainee.
    """

    webhook_id = models.CharField(max_length=200, unique=True)
    """The same in every delivery of one outcome; used to deduplicate."""
    session = models.ForeignKey(TrainingSession, on_delete=models.CASCADE, related_name="outcomes")
    script = models.CharField(max_length=120)
    script_version = models.PositiveIntegerField()
    locale = models.CharField(max_length=35)
    ended_reason = models.CharField(max_length=64, blank=True)
    answers = models.JSONField(default=dict)
    """By question id: type, status, value, at."""
    outcome = models.JSONField()
    """The complete outcome; the columns above are copies for queries."""
    received_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.session_id}: {self.ended_reason}"
