"""The demo platform's webhook: verify an outcome, and keep it for this run.

A real platform does the same with the `standardwebhooks` library: verify the raw body, and take
each message once, however often it is delivered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


class InvalidWebhook(ValueError):
    """The message is not signed by our sender, is too old, or holds no outcome."""


class OutcomeInbox:
    """Outcomes by session."""

    def __init__(self, secret: str) -> None:
        """`secret`: `whsec_` and base64, the sender's too."""
        self._webhook = Webhook(secret)
        self._seen: set[str] = set()
        self._by_session: dict[str, dict[str, dict[str, Any]]] = {}

    def take(self, headers: Mapping[str, str], body: bytes) -> None:
        """Keep the outcome of one message, unless it was delivered before.

        Raises:
            InvalidWebhook: the text says what is wrong, and nothing of the content.
        """
        lowered = {name.lower(): value for name, value in headers.items()}
        try:
            message = self._webhook.verify(body, lowered)
            if message["type"] != "greeting.ended":
                return
            outcome = message["data"]
            session, greeting = str(outcome["session_id"]), str(outcome["id"])
        except (WebhookVerificationError, ValueError) as e:
            raise InvalidWebhook(str(e)) from None
        except (KeyError, TypeError):
            raise InvalidWebhook("the message holds no outcome") from None
        if lowered["webhook-id"] in self._seen:
            return
        self._seen.add(lowered["webhook-id"])
        self._by_session.setdefault(session, {})[greeting] = outcome

    def newest(self, session_id: str) -> dict[str, Any] | None:
        """The outcome of the session's last greeting; None if none has come yet."""
        found = self._by_session.get(session_id, {}).values()
        return max(found, key=lambda outcome: str(outcome.get("started_at", "")), default=None)
