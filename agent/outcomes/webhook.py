"""The webhook: signs one outcome and posts it once. It neither retries nor reads the answer's body.

Headers, signature and the body's shape are Standard Webhooks' (https://www.standardwebhooks.com);
its libraries verify them. `webhook-id` is the same however often an outcome is sent, and by whom.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import aiohttp

from agent.core.errors import WebhookError

TOTAL_S = 10.0
"""Limit of one delivery, from the name's look-up to the answer."""
_WHAT_TO_DO = {
    400: "check OUTCOME_WEBHOOK_SECRET on the platform's side, and what its log says",
    401: "check OUTCOME_WEBHOOK_SECRET on the platform's side",
    403: "check OUTCOME_WEBHOOK_SECRET on the platform's side, and what stands before it",
    404: "check OUTCOME_WEBHOOK_URL: nothing takes outcomes there",
    405: "check OUTCOME_WEBHOOK_URL: nothing takes a POST there",
    410: "check OUTCOME_WEBHOOK_URL: nothing takes outcomes there any more",
    413: "let the platform take bodies of 1 MB",
    429: "the platform is asked too often",
}


def message_of(body: str) -> str:
    """What is sent of a kept outcome.

    Raises:
        ValueError: it is no outcome that has ended.
    """
    outcome = json.loads(body)
    try:
        ended_at = outcome["ended"]["at"]
    except (KeyError, TypeError):
        raise ValueError("it has not ended") from None
    message = {"type": "greeting.ended", "timestamp": ended_at, "data": outcome}
    return json.dumps(message, separators=(",", ":"))


def signed_headers(outcome_id: str, message: str, secret: str, *, now: float) -> dict[str, str]:
    """The headers of one attempt.

    Args:
        secret: `whsec_` and the key in base64.
        now: Unix time; receivers refuse what is minutes away from their own.
    """
    webhook_id, timestamp = f"outcome_{outcome_id}", str(int(now))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{webhook_id}.{timestamp}.{message}".encode()
    signature = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return {
        "content-type": "application/json",
        "user-agent": "training-greeter",
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }


async def post_outcome(
    http: aiohttp.ClientSession,
    url: str,
    secret: str,
    outcome_id: str,
    body: str,
    *,
    total_s: float = TOTAL_S,
) -> int:
    """Send one outcome: the status of the answer that took it, 2xx.

    Raises:
        WebhookError: anything else came of it.
        ValueError: it is no outcome that has ended.
    """
    message = message_of(body)
    headers = signed_headers(outcome_id, message, secret, now=time.time())
    try:
        async with http.post(
            url,
            data=message.encode(),
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=total_s),
        ) as answer:
            status = answer.status
    except TimeoutError:
        raise WebhookError(
            f"OUTCOME_WEBHOOK_URL did not answer within {total_s:g} s: is the platform up?"
        ) from None
    except aiohttp.ClientConnectorDNSError:
        raise WebhookError("OUTCOME_WEBHOOK_URL names an unknown host: check it, and DNS") from None
    except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError):
        raise WebhookError(
            "OUTCOME_WEBHOOK_URL shows a certificate that is not trusted: renew it"
        ) from None
    except aiohttp.ClientConnectorError:
        raise WebhookError(
            "OUTCOME_WEBHOOK_URL cannot be connected to: is the platform up, and let through?"
        ) from None
    except (aiohttp.ClientError, OSError, ValueError) as e:
        # Its text may repeat the address, which may carry a password.
        raise WebhookError(f"OUTCOME_WEBHOOK_URL could not be used: {type(e).__name__}") from None
    if 200 <= status < 300:
        return status
    raise WebhookError(f"OUTCOME_WEBHOOK_URL answered {status}: {_advice(status)}", status)


def _advice(status: int) -> str:
    if 300 <= status < 400:
        return "redirects are not followed, set it to the final address"
    if status >= 500:
        return "look at the platform's log"
    return _WHAT_TO_DO.get(status, "look at the platform's log")
