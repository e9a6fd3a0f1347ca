"""Receive outcomes: a webhook as defined by https://www.standardwebhooks.com.

Requests without a valid signature, or older than five minutes, are rejected. Any status except 2xx
makes the sender retry.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from training_greeter import conf
from training_greeter.models import GreetingOutcome
from training_greeter.signals import outcome_received

logger = logging.getLogger(__name__)


@csrf_exempt  # the signature authenticates the sender; no cookie is used
@require_POST
def greeting_outcome(request: HttpRequest) -> HttpResponse:
    """Store an outcome once and send `outcome_received`, however often it is delivered.

    Feedback that the trainee gave after the end replaces the outcome, and sends
    `outcome_received` again.

    Returns:
        201 if it was stored; 200 if it is already stored, or of a type that this version ignores;
        400 if it is forged, stale or unreadable.
    """
    event = _verified(request)
    if event is None:
        logger.warning("rejected a webhook without a valid signature")
        return HttpResponse(status=400)
    webhook_id = request.headers["webhook-id"]
    try:
        if event["type"] not in ("greeting.ended", "greeting.feedback"):
            return HttpResponse(status=200)
        columns = _columns(event["data"])
        has_feedback = event["type"] == "greeting.feedback"
        # "outcome_1.feedback" belongs to "outcome_1".
        stored_as = webhook_id.removesuffix(".feedback")
    except (KeyError, TypeError):
        # Signed, so it comes from another version of training-greeter. It retries, so nothing is
        # lost while you update this package.
        logger.error("webhook %s is signed but has an unknown format; update this app", webhook_id)
        return HttpResponse(status=400)
    with transaction.atomic():
        outcome, stored = GreetingOutcome.objects.get_or_create(
            webhook_id=stored_as, defaults=columns
        )
        # A retried `greeting.ended` may arrive later, and does not replace the feedback.
        if has_feedback and outcome.outcome.get("feedback") != columns["outcome"]["feedback"]:
            outcome.outcome = columns["outcome"]
            outcome.save()
            stored = True
        if stored:
            outcome_received.send(sender=GreetingOutcome, outcome=outcome)
    logger.info("webhook %s: %s", webhook_id, "stored" if stored else "already stored")
    return HttpResponse(status=201 if stored else 200)


def _verified(request: HttpRequest) -> Any:
    """Return the delivered event; None if no secret has signed it."""
    for secret in conf.webhook_secrets():
        try:
            # The signature covers the raw bytes: verify before parsing. The library raises
            # ValueError for a malformed signature or body.
            return Webhook(secret).verify(request.body, dict(request.headers))
        except (WebhookVerificationError, ValueError):
            continue
    return None


def _columns(outcome: dict[str, Any]) -> dict[str, Any]:
    return {
        "session_id": str(outcome["session_id"]),
        "trainee_id": str(outcome.get("trainee_id") or ""),
        "script": outcome["script"],
        "script_version": outcome["script_version"],
        "locale": outcome["locale"],
        "ended_reason": (outcome["ended"] or {}).get("reason", ""),
        "answers": outcome["answers"],
        "outcome": outcome,
    }
