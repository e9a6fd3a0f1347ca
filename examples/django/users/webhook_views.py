"""Where the greeter reports what came of a greeting: a webhook as standardwebhooks.com has it.

Only what carries a good signature, not older than five minutes, is looked at. What is answered
decides what comes again: 2xx never, anything else until the greeter gives up.
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


@csrf_exempt  # the signature says who sends it; there is no cookie to misuse
@require_POST
def greeting_outcome(request: HttpRequest) -> HttpResponse:
    """Store one outcome, once: however often, and however concurrently, it is delivered.

    201 stored; 200 known already, or of a type this platform does not use; 202 of a session that
    is not (or no longer) here; 400 forged, stale or unreadable.
    """
    try:
        # The signature is over the bytes as they came: verify before anything parses them.
        # The library raises ValueError for a malformed signature or body.
        event = Webhook(settings.OUTCOME_WEBHOOK_SECRET).verify(request.body, request.headers)
    except (WebhookVerificationError, ValueError):
        logger.warning("a webhook without a good signature was refused")
        return HttpResponse(status=400)
    webhook_id = request.headers["webhook-id"]
    try:
        if event["type"] != "greeting.ended":
            return HttpResponse(status=200)
        outcome = event["data"]
        session_id, columns = str(outcome["session_id"]), columns_of(outcome)
    except (KeyError, TypeError):
        # Signed, so from the greeter: another version of it. It tries again, so nothing is lost.
        logger.error("webhook %s is signed but not understood", webhook_id)
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
    # Locked, so that a session cannot be deleted between the look and the insert.
    with transaction.atomic():
        known = TrainingSession.objects.select_for_update()
        session = known.filter(pk=session_id).first() if session_id.isdecimal() else None
        if session is None:
            # An error would bring it back again and again, though the session never will: it was
            # deleted, or belongs to another platform with the same secret. Nothing is kept of it.
            logger.warning("webhook %s is about no session of ours", webhook_id)
            return HttpResponse(status=202)
        _, stored = GreetingOutcome.objects.get_or_create(
            webhook_id=webhook_id, defaults={"session": session, **columns}
        )
    logger.info("webhook %s: %s", webhook_id, "stored" if stored else "known already")
    return HttpResponse(status=201 if stored else 200)
