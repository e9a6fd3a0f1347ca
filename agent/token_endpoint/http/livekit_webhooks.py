"""LiveKit's webhooks: verify them, and use them as hints to inspect a room earlier.

Events are only hints: the supervisor asks LiveKit for the participants, and a session ends only if
its room is gone. A repeated or late event does no harm, and nothing depends on webhooks.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time

from google.protobuf.json_format import Parse, ParseError
from livekit.protocol.webhook import WebhookEvent

from agent.core.background_task import start_task
from agent.core.errors import LiveKitError, StoreError
from agent.core.job_metadata import ROOM_PREFIX, session_id_of
from agent.core.log import logger
from agent.core.settings import EndpointSettings
from agent.store import Store
from agent.token_endpoint.errors import ApiError, unauthorized
from agent.token_endpoint.greetings import Greetings
from agent.token_endpoint.supervision.supervisor import Supervisor
from agent.token_endpoint.tokens import verified_claims

_MAX_AGE_S = 600
"""Older events are rejected. LiveKit's signature is valid for five minutes."""
_TOKEN_MAX = 8192  # characters
_PARTICIPANT_LEFT = frozenset({"participant_left", "participant_connection_aborted"})
_ROOM_FINISHED = "room_finished"
_TASKS_MAX = 1000
"""Ends of rooms that are handled at the same time; further events are ignored."""


class LiveKitWebhooks:
    """Receives events; `aclose` cancels what is in progress."""

    def __init__(
        self, settings: EndpointSettings, store: Store, supervisor: Supervisor, greetings: Greetings
    ) -> None:
        self._keys = settings.livekit_keys
        self._store = store
        self._supervisor = supervisor
        self._greetings = greetings
        self._tasks: set[asyncio.Task[None]] = set()

    async def receive(self, body: bytes, authorization: str | None) -> bool:
        """Verify an event and act on it.

        Returns:
            Whether the endpoint acts on it; not if it was received before, because LiveKit sends an
            event again if the answer was lost.

        Raises:
            ApiError: `unauthorized` if the event is not signed by LiveKit, or is old.
        """
        event = self._verify(body, authorization)
        room = event.room.name
        if not room.startswith(ROOM_PREFIX) or not await self._is_new(event):
            return False
        if event.event in _PARTICIPANT_LEFT:
            self._supervisor.inspect_soon(room)
        elif event.event == _ROOM_FINISHED and len(self._tasks) < _TASKS_MAX:
            task = start_task(self._on_room_finished(session_id_of(room)), name="room_finished")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            return False
        return True

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

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
            event: WebhookEvent = Parse(body, WebhookEvent(), ignore_unknown_fields=True)
        except (ParseError, ValueError, TypeError, RecursionError):
            raise ApiError("malformed_json", "the body is not a LiveKit event") from None
        if event.created_at and abs(time.time() - event.created_at) > _MAX_AGE_S:
            raise unauthorized("the event is too old or its time is in the future")
        return event

    async def _is_new(self, event: WebhookEvent) -> bool:
        if not event.id:
            return True
        try:
            return await self._store.claim(f"livekit-event/{event.id}", 2 * _MAX_AGE_S)
        except StoreError:
            return True  # a repeated hint does no harm

    async def _on_room_finished(self, session_id: str) -> None:
        try:
            ended = await self._greetings.end_without_room(session_id)
        except (LiveKitError, StoreError) as e:
            logger.warning(
                "could not record that a room was deleted; the next request for the session will",
                extra={
                    "event": "room_finished_not_recorded",
                    "session_id": session_id,
                    "error": str(e),
                },
            )
        else:
            if ended:
                logger.info(
                    "a session ended because its room was deleted",
                    extra={"event": "session_ended_with_room", "session_id": session_id},
                )
