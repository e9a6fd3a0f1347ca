"""The outcomes that the platform has received."""

from __future__ import annotations

from django.db import models


class GreetingOutcome(models.Model):
    """The outcome of one greeting. A session that was greeted twice has two.

    It may contain personal data: delete it with its session or trainee
    (`manage.py delete_greeting_outcomes`).
    """

    webhook_id = models.CharField(max_length=200, unique=True)
    """`outcome_` and the id of the greeting; used to deduplicate."""
    session_id = models.CharField(max_length=128, db_index=True)
    """The platform's id of the training session, as text: an integer or a UUID."""
    trainee_id = models.CharField(max_length=255, blank=True, db_index=True)
    script = models.CharField(max_length=120)
    script_version = models.PositiveIntegerField()
    locale = models.CharField(max_length=35)
    ended_reason = models.CharField(max_length=64, blank=True)
    answers = models.JSONField(default=dict)
    """By question id: type, status, value, at."""
    outcome = models.JSONField()
    """The complete outcome; the columns above are copies for queries."""
    received_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.session_id}: {self.ended_reason}"
