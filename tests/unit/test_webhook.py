"""What is posted, how it is signed, and what is said when it is not taken."""

from __future__ import annotations

import base64
import json
import time

import aiohttp
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from agent.core.errors import WebhookError
from agent.demo.livekit_server import free_ports
from agent.outcomes.webhook import message_of, post_outcome, signed_headers
from tests.unit.webhook_receiver import SECRET, receiver

BODY = json.dumps(
    {
        "id": "o1",
        "session_id": "7",
        "answers": {"name": {"value": "Zoë “Z” 名前"}},
        "ended": {"reason": "continue", "at": "2026-01-02T03:04:05Z"},
        "of a later version": [1],
    },
    ensure_ascii=False,
)


async def post(url: str, total_s: float = 5) -> int:
    async with aiohttp.ClientSession() as http:
        return await post_outcome(http, url, SECRET, "o1", BODY, total_s=total_s)


async def test_the_library_verifies_what_is_posted() -> None:
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


async def test_a_forged_body_or_another_key_is_not_verified() -> None:
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


def test_an_old_signature_is_not_verified() -> None:
    message = message_of(BODY)
    headers = signed_headers("o1", message, SECRET, now=time.time() - 3600)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(message, headers)


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        (401, 401, "answered 401: check OUTCOME_WEBHOOK_SECRET on the platform's side"),
        (404, 404, "answered 404: check OUTCOME_WEBHOOK_URL"),
        (503, 503, "answered 503: look at the platform's log"),
        (418, 418, "answered 418: look at the platform's log"),
        ("redirect", 308, "answered 308: redirects are not followed"),
        ("hang", None, "did not answer within 0.2 s"),
        ("drop", None, "could not be used: ServerDisconnectedError"),
    ],
)
async def test_anything_but_2xx_is_refused_in_a_line_an_operator_can_use(
    answer: int | str, status: int | None, says: str
) -> None:
    async with receiver(answer) as platform:
        with pytest.raises(WebhookError) as error:
            await post(platform.url, total_s=0.2 if answer == "hang" else 5)
        assert len(platform.requests) == 1, "neither followed nor tried again"
    assert error.value.status == status
    assert f"OUTCOME_WEBHOOK_URL {says}" in str(error.value)
    assert "must not be logged" not in str(error.value)


@pytest.mark.parametrize(
    ("host", "says"),
    [("127.0.0.1:{nobody}", "cannot be connected to"), ("greeter.invalid", "unknown host")],
)
async def test_a_platform_that_is_not_there_is_said_without_its_address(
    host: str, says: str
) -> None:
    [nobody] = free_ports(1)
    with pytest.raises(WebhookError) as error:
        await post(f"http://user:password@{host.format(nobody=nobody)}/?token=secret")
    assert says in str(error.value)
    assert error.value.status is None
    for private in ("password", "secret", "127.0.0.1", "invalid/"):
        assert private not in str(error.value)


async def test_tls_that_is_none_is_said() -> None:
    async with receiver() as platform:
        with pytest.raises(WebhookError, match="OUTCOME_WEBHOOK_URL"):
            await post(platform.url.replace("http:", "https:"))


@pytest.mark.parametrize("body", ["no JSON", "[]", '{"id": "o1", "ended": null}'])
def test_what_has_not_ended_is_no_message(body: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        message_of(body)
