"""Receive outcomes: a webhook as defined by https://www.standardwebhooks.com.

Requests without a valid signature, or older than five minutes, are rejected. Any status except 2xx
makes the sender retry.
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from users.models import GreetingOutcome, TrainingSession

logger = logging.getLogger(__name__)


@csrf_exempt  # the signature authenticates the sender; no cookie is used
@require_POST
def greeting_outcome(request: HttpRequest) -> HttpResponse:
    """Store an outcome once, also if it is delivered repeatedly or concurrently.

    Returns:
        201 if it was stored; 200 if it is already stored, or of a type that this platform ignores;
        202 if the session does not exist (any more); 400 if it is forged, stale or unreadable.
    """
    try:
        # The signature covers the raw bytes: verify before parsing. The library raises ValueError
        # for a malformed signature or body.
        event = Webhook(settings.OUTCOME_WEBHOOK_SECRET).verify(request.body, request.headers)
    except (WebhookVerificationError, ValueError):
        logger.warning("rejected a webhook without a valid signature")
        return HttpResponse(status=400)
    webhook_id = request.headers["webhook-id"]
    try:
        if event["type"] != "greeting.ended":
            return HttpResponse(status=200)
        outcome = event["data"]
        session_id, columns = str(outcome["session_id"]), columns_of(outcome)
    except (KeyError, TypeError):
        # Signed, so it comes from another version of training-greeter. It retries, so nothing is
        # lost while you update this view.
        logger.error("webhook %s is signed but has an unknown format", webhook_id)
        return HttpResponse(status=400)
    return store(webhook_id, session_id, columns)


def columns_of(outcome: dict[str, Any]) -> dict[str, Any]:
    return {
        "script": outcome["script"],
        "script_version": outcome["script_version"],
        "locale": outcome["locale"],
        "ended_reason": (outcome["ended"] or {}).get("reason", ""),
        "answers": outcome["answers"],
        "outcome": outcome,
    }


def store(webhook_id: str, session_id: str, columns: dict[str, Any]) -> HttpResponse:
    # Lock the session, so that it cannot be deleted between the lookup and the insert.
    with transaction.atomic():
        sessions = TrainingSession.objects.select_for_update()
        session = sessions.filter(pk=session_id).first() if session_id.isdecimal() else None
        if session is None:
            # The session was deleted, or belongs to another platform with the same secret. An error
            # would cause endless retries.
            logger.warning("webhook %s is about an unknown session; ignored", webhook_id)
            return HttpResponse(status=202)
        _, stored = GreetingOutcome.objects.get_or_create(
            webhook_id=webhook_id, defaults={"session": session, **columns}
        )
    logger.info("webhook %s: %s", webhook_id, "stored" if stored else "already stored")
    return HttpResponse(status=201 if stored else 200)
