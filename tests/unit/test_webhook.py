"""Signing and sending one outcome, and the error texts."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from agent.core.errors import WebhookError
from agent.demo.livekit_server import free_ports
from agent.outcomes.webhook import message_of, post_outcome, signed_headers
from tests.support.webhook_receiver import SECRET, receiver

BODY = json.dumps(
    {
        "id": "o1",
        "session_id": "7",
        "answers": {"name": {"value": "Zoë “Z” 名前"}},
        "ended": {"reason": "continue", "at": "2026-01-02T03:04:05Z"},
        "a field of a later release": [1],
    },
    ensure_ascii=False,
)


async def post(url: str, timeout_s: float = 5) -> int:
    async with aiohttp.ClientSession() as http:
        return await post_outcome(http, url, [SECRET], "o1", BODY, timeout_s=timeout_s)


async def test_post_outcome_sends_a_verifiable_message() -> None:
    async with receiver() as platform:
        assert await post(platform.url) == 204
    [message] = platform.verified()
    assert message == {
        "type": "greeting.ended",
        "timestamp": "2026-01-02T03:04:05Z",
        "data": json.loads(BODY),
    }
    [(headers, _)] = platform.requests
    assert headers["webhook-id"] == "outcome_o1"
    assert headers["content-type"] == "application/json"


async def test_signature_does_not_verify_another_body_id_or_key() -> None:
    async with receiver() as platform:
        await post(platform.url)
    [(headers, body)] = platform.requests
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"continue", b"completed"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body, {**headers, "webhook-id": "outcome_o2"})
    other = "whsec_" + base64.b64encode(b"another key of the same length....").decode()
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(body, headers)


def test_signature_expires() -> None:
    message = message_of("o1", BODY)
    headers = signed_headers("o1", message, [SECRET], datetime.now(UTC) - timedelta(hours=1))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(message, headers)


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        (
            401,
            401,
            "answered 401: check OUTCOME_WEBHOOK_SECRET on the platform",
        ),
        (404, 404, "OUTCOME_WEBHOOK_URL answered 404: check OUTCOME_WEBHOOK_URL"),
        (503, 503, "OUTCOME_WEBHOOK_URL answered 503: check the platform's log"),
        (418, 418, "OUTCOME_WEBHOOK_URL answered 418: check the platform's log"),
        (
            "redirect",
            308,
            "answered 308: set OUTCOME_WEBHOOK_URL to the final address",
        ),
        ("hang", None, "OUTCOME_WEBHOOK_URL did not answer within 0.2 s"),
        ("drop", None, "the request to OUTCOME_WEBHOOK_URL failed: ServerDisconnectedError"),
    ],
)
async def test_post_outcome_raises_with_advice_unless_the_answer_is_2xx(
    answer: int | str, status: int | None, says: str
) -> None:
    async with receiver(answer) as platform:
        with pytest.raises(WebhookError) as error:
            await post(platform.url, timeout_s=0.2 if answer == "hang" else 5)
        assert len(platform.requests) == 1, "redirects are not followed, and there is no retry"
    assert error.value.status == status
    assert says in str(error.value)
    assert "must not be logged" not in str(error.value)


@pytest.mark.parametrize(
    ("host", "says"),
    [("127.0.0.1:{closed_port}", "cannot be reached"), ("platform.invalid", "is unknown")],
)
async def test_post_outcome_error_does_not_repeat_the_url(host: str, says: str) -> None:
    [closed_port] = free_ports(1)
    with pytest.raises(WebhookError) as error:
        await post(f"http://user:password@{host.format(closed_port=closed_port)}/?token=secret")
    assert says in str(error.value)
    assert error.value.status is None
    for private in ("password", "secret", "127.0.0.1", "invalid/"):
        assert private not in str(error.value)


async def test_post_outcome_raises_if_the_server_has_no_tls() -> None:
    async with receiver() as platform:
        with pytest.raises(WebhookError, match="OUTCOME_WEBHOOK_URL"):
            await post(platform.url.replace("http:", "https:"))


@pytest.mark.parametrize("body", ["no JSON", "[]", '{"id": "o1", "ended": null}'])
def test_message_of_rejects_an_outcome_that_has_not_ended(body: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        message_of("o1", body)


async def test_outcomes_are_signed_with_both_secrets_during_a_rotation() -> None:
    new = "whsec_" + base64.b64encode(b"the new key of the same length...").decode()
    async with receiver() as platform, aiohttp.ClientSession() as http:
        await post_outcome(http, platform.url, [new, SECRET], "o1", BODY)
    [(headers, body)] = platform.requests
    for secret in (new, SECRET):
        assert Webhook(secret).verify(body, headers)
    other = "whsec_" + base64.b64encode(b"another key of the same length....").decode()
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(body, headers)
