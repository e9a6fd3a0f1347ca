"""Sign one outcome and send it once to OUTCOME_WEBHOOK_URL.

Headers, signature and message follow Standard Webhooks (https://www.standardwebhooks.com). All
attempts for one outcome have the same `webhook-id`. `delivery` does the retries.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import aiohttp
from standardwebhooks import Webhook

from agent.core.errors import WebhookError
from agent.outcomes.aggregate import is_counts_message
from agent.outcomes.feedback import is_with_feedback

TIMEOUT_S: Final = 10.0
"""Limit of one attempt, including DNS and TLS."""
_FAILURES: Final = (
    (
        aiohttp.ClientConnectorDNSError,
        "the host of OUTCOME_WEBHOOK_URL is unknown; check the URL and the DNS",
    ),
    (
        aiohttp.ClientSSLError,
        "the TLS certificate of OUTCOME_WEBHOOK_URL is not trusted; renew it",
    ),
    (
        aiohttp.ClientConnectorError,
        "OUTCOME_WEBHOOK_URL cannot be reached; check that the platform is running and that the "
        "network allows the connection",
    ),
)
_ADVICE: Final = {
    400: "check the platform's log, and OUTCOME_WEBHOOK_SECRET on the platform",
    401: "check OUTCOME_WEBHOOK_SECRET on the platform",
    403: "check OUTCOME_WEBHOOK_SECRET on the platform and any proxy in front of it",
    404: "check OUTCOME_WEBHOOK_URL: the path does not exist",
    405: "check OUTCOME_WEBHOOK_URL: the path does not accept POST",
    410: "check OUTCOME_WEBHOOK_URL: the path no longer exists",
    413: "allow request bodies of 1 MB on the platform",
    429: "raise the platform's rate limit for this URL",
}


async def post_outcome(
    http: aiohttp.ClientSession,
    url: str,
    secrets: Sequence[str],
    outcome_id: str,
    body: str,
    *,
    timeout_s: float = TIMEOUT_S,
) -> int:
    """Send one outcome and return the status of the answer (2xx).

    Args:
        secrets: each is `whsec_` and a key in base64. The message is signed with all of them.
        body: the outcome as JSON.

    Raises:
        WebhookError: the platform did not accept it.
        ValueError: the body is not an outcome that has ended.
    """
    message = message_of(outcome_id, body)
    try:
        async with http.post(
            url,
            data=message.encode(),
            headers=signed_headers(outcome_id, message, secrets, datetime.now(UTC)),
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=timeout_s),
        ) as answer:
            status = answer.status
    except TimeoutError:
        raise WebhookError(
            f"OUTCOME_WEBHOOK_URL did not answer within {timeout_s:g} s; check that the platform "
            "is running"
        ) from None
    except (aiohttp.ClientError, OSError, ValueError) as e:
        known = next((why for kind, why in _FAILURES if isinstance(e, kind)), "")
        # The error's text may repeat the URL, which may contain a password.
        other = f"the request to OUTCOME_WEBHOOK_URL failed: {type(e).__name__}"
        raise WebhookError(known or other) from None
    if 200 <= status < 300:
        return status
    raise WebhookError(f"OUTCOME_WEBHOOK_URL answered {status}: {_advice(status)}", status)


def message_of(outcome_id: str, body: str) -> str:
    """Return the message of a stored outcome: `{"type": "greeting.ended", "timestamp", "data"}`.

    With feedback that was given after the end, the type is `greeting.feedback`. A message with
    counts is returned as it is.

    Raises:
        ValueError: the body is not an outcome that has ended.
    """
    outcome = json.loads(body)
    if is_counts_message(body):
        return body
    try:
        type_, at = "greeting.ended", outcome["ended"]["at"]
        if is_with_feedback(outcome_id):
            type_, at = "greeting.feedback", outcome["feedback"]["at"]
    except (KeyError, TypeError):
        raise ValueError("the outcome has not ended") from None
    message = {"type": type_, "timestamp": at, "data": outcome}
    return json.dumps(message, separators=(",", ":"))


def signed_headers(
    outcome_id: str, message: str, secrets: Sequence[str], now: datetime
) -> dict[str, str]:
    """Return the headers of one attempt at the time `now` (UTC)."""
    webhook_id = f"outcome_{outcome_id}"
    return {
        "content-type": "application/json",
        "user-agent": "training-greeter",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        # Receivers accept the message if one of the signatures is valid.
        "webhook-signature": " ".join(
            Webhook(secret).sign(webhook_id, now, message) for secret in secrets
        ),
    }


def _advice(status: int) -> str:
    if 300 <= status < 400:
        return "set OUTCOME_WEBHOOK_URL to the final address; redirects are not followed"
    return _ADVICE.get(status, "check the platform's log")
