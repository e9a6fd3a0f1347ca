"""The platform's inbox for outcomes: verified as Standard Webhooks has it, kept for this run only.

A platform of one's own does the same: check the signature over the raw body, refuse what is too old
to be fresh, and take each message once, however often it is sent.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

_TOLERANCE_S = 300.0
_SEEN_MAX = 10_000


class NotGenuine(ValueError):
    """Nobody we know has sent this, or not now; the text says what is wrong, never what came."""


class OutcomeInbox:
    """Outcomes by session, the newest of each greeting."""

    def __init__(self, secret: str) -> None:
        """`secret`: `whsec_` and base64, the sender's too."""
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        self._seen: dict[str, None] = {}
        self._by_session: dict[str, dict[str, dict[str, Any]]] = {}

    def take(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Take one message; False: it has been taken before.

        Raises:
            NotGenuine: its signature or its time is wrong, or it holds no outcome.
        """
        message_id = headers.get("webhook-id", "")
        self._verify(message_id, headers, body)
        if message_id in self._seen:
            return False
        try:
            outcome = json.loads(body)["data"]
            session, greeting = str(outcome["session_id"]), str(outcome["id"])
        except (ValueError, KeyError, TypeError):
            raise NotGenuine("there is no outcome in it") from None
        self._seen[message_id] = None
        if len(self._seen) > _SEEN_MAX:
            del self._seen[next(iter(self._seen))]
        self._by_session.setdefault(session, {})[greeting] = outcome
        return True

    def newest(self, session_id: str) -> dict[str, Any] | None:
        """What came of the session's last greeting; None: nothing has come yet."""
        found = self._by_session.get(session_id, {}).values()
        return max(found, key=lambda outcome: str(outcome.get("started_at", "")), default=None)

    def _verify(self, message_id: str, headers: Mapping[str, str], body: bytes) -> None:
        sent_at = headers.get("webhook-timestamp", "")
        if not message_id or not sent_at.isdecimal():
            raise NotGenuine("webhook-id or webhook-timestamp is missing")
        if abs(time.time() - int(sent_at)) > _TOLERANCE_S:
            raise NotGenuine("webhook-timestamp is too far from now")
        signed = f"{message_id}.{sent_at}.".encode() + body
        right = hmac.new(self._key, signed, hashlib.sha256).digest()
        # Several may be given while a secret is changed.
        given = [s[3:] for s in headers.get("webhook-signature", "").split() if s.startswith("v1,")]
        if not any(hmac.compare_digest(right, _decoded(each)) for each in given):
            raise NotGenuine("webhook-signature is wrong")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
