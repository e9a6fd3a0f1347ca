"""Training sessions."""

from __future__ import annotations

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
