"""LiveKit's webhooks: verify them, and use them as hints to inspect a room earlier.

The supervisor asks LiveKit for the participants. A repeated or late event does no harm, and nothing
depends on webhooks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from google.protobuf.json_format import Parse, ParseError
from livekit.protocol.webhook import WebhookEvent

from agent.core.errors import StoreError
from agent.core.job_metadata import ROOM_PREFIX
from agent.core.settings import EndpointSettings
from agent.store import Store
from agent.token_endpoint.errors import ApiError, unauthorized
from agent.token_endpoint.supervision.supervisor import Supervisor
from agent.token_endpoint.tokens import verified_claims

_REMEMBERED_S = 1200
"""Longer than LiveKit's signature of an event is valid, which is five minutes."""
_TOKEN_MAX = 8192  # characters
_PARTICIPANT_LEFT = frozenset({"participant_left", "participant_connection_aborted"})


class LiveKitWebhooks:
    """Receives events."""

    def __init__(self, settings: EndpointSettings, store: Store, supervisor: Supervisor) -> None:
        self._keys = settings.livekit_keys
        self._store = store
        self._supervisor = supervisor

    async def receive(self, body: bytes, authorization: str | None) -> bool:
        """Verify an event and act on it.

        Returns:
            Whether the endpoint acts on it; not if it was received before, because LiveKit sends an
            event again if the answer was lost.

        Raises:
            ApiError: `unauthorized` if the event is not signed by LiveKit, or its signature is old.
        """
        event = self._verify(body, authorization)
        room = event.room.name
        if event.event not in _PARTICIPANT_LEFT or not room.startswith(ROOM_PREFIX):
            return False
        if not await self._is_new(event):
            return False
        self._supervisor.inspect_soon(room)
        return True

    def _verify(self, body: bytes, authorization: str | None) -> WebhookEvent:
        token = (authorization or "").removeprefix("Bearer ").strip()
        if not token or len(token) > _TOKEN_MAX:
            raise unauthorized("send LiveKit's signature as Authorization")
        if (claims := verified_claims(token, self._keys)) is None:
            raise unauthorized("the signature is not LiveKit's")
        # A room token is signed with the same key, but has no hash of a body.
        body_hash = base64.b64encode(hashlib.sha256(body).digest())
        if not hmac.compare_digest(str(claims.sha256).encode(errors="replace"), body_hash):
            raise unauthorized("the signature is for another body")
        try:
            return Parse(body, WebhookEvent(), ignore_unknown_fields=True)
        except (ParseError, ValueError, TypeError, RecursionError):
            raise ApiError("malformed_json", "the body is not a LiveKit event") from None

    async def _is_new(self, event: WebhookEvent) -> bool:
        if not event.id:
            return True
        try:
            return await self._store.claim(f"livekit-event/{event.id}", _REMEMBERED_S)
        except StoreError:
            return True  # a repeated hint does no harm
