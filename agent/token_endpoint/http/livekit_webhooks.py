"""LiveKit's webhooks: verified, and taken as hints to look at once.

Nothing is believed because an event says it: the reaper asks LiveKit who is in the room, and a
session ends only when its room is gone. So a repeated or late event does no harm, and LiveKit need
not send any: what a hint makes sooner is seen to without it, some seconds later.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time

import jwt
from google.protobuf.json_format import Parse, ParseError
from livekit import api
from livekit.protocol.webhook import WebhookEvent

from agent.core.errors import LiveKitError, StoreError
from agent.core.job_metadata import ROOM_PREFIX, session_id_of
from agent.core.log import log_task_failure, logger
from agent.core.settings import EndpointSettings
from agent.store import Store
from agent.token_endpoint.errors import ApiError, unauthorized
from agent.token_endpoint.greetings import Greetings
from agent.token_endpoint.supervision.supervisor import Supervisor

_OLD_S = 600
"""An event that was made so long ago is refused: LiveKit signs one for five minutes."""
_TOKEN_MAX = 8192
_TEXT_MAX = 128
_LEFT = frozenset({"participant_left", "participant_connection_aborted"})
_FINISHED = "room_finished"
_AT_ONCE = 1000
"""Rooms whose end is being looked into; further ones wait until they are asked for."""


class LiveKitWebhooks:
    """Takes events. `aclose` ends what is still being looked into."""

    def __init__(
        self, settings: EndpointSettings, store: Store, supervisor: Supervisor, greetings: Greetings
    ) -> None:
        self._verifier = api.TokenVerifier(
            settings.livekit_api_key, settings.livekit_api_secret.get_secret_value()
        )
        self._store = store
        self._supervisor = supervisor
        self._greetings = greetings
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, body: bytes, authorization: str | None) -> bool:
        """Act upon an event.

        Returns:
            Whether it says anything to us.

        Raises:
            ApiError: `unauthorized`: not LiveKit's, of another body, too old, or taken before.
        """
        event = self._verified(body, authorization)
        if not await self._is_new(event):
            raise unauthorized("this event was taken before")
        room = event.room.name
        if not room.startswith(ROOM_PREFIX):
            return False
        if event.event in _LEFT:
            self._supervisor.inspect_soon(room)
        elif event.event == _FINISHED and len(self._tasks) < _AT_ONCE:
            task = asyncio.create_task(self._finished(session_id_of(room)), name="room finished")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(log_task_failure)
        else:
            return False
        return True

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _verified(self, body: bytes, authorization: str | None) -> WebhookEvent:
        token = (authorization or "").removeprefix("Bearer ").strip()
        if not token or len(token) > _TOKEN_MAX:
            raise unauthorized("send LiveKit's signature as Authorization")
        try:
            claims = self._verifier.verify(token)
            said = base64.b64decode(claims.sha256 or "", validate=True)
        except (jwt.PyJWTError, ParseError, ValueError, TypeError, AttributeError, RecursionError):
            raise unauthorized("the signature is not LiveKit's") from None
        # A room token is signed with the same key, but it says nothing of a body.
        if not hmac.compare_digest(said, hashlib.sha256(body).digest()):
            raise unauthorized("the signature is of another body")
        try:
            event: WebhookEvent = Parse(body, WebhookEvent(), ignore_unknown_fields=True)
        except (ParseError, ValueError, TypeError, RecursionError):
            raise ApiError("malformed_json", "the body is no LiveKit event") from None
        if event.created_at and abs(time.time() - event.created_at) > _OLD_S:
            raise unauthorized("the event is too old, or of the future")
        return event

    async def _is_new(self, event: WebhookEvent) -> bool:
        if not event.id or len(event.id) > _TEXT_MAX:
            return True
        try:
            return await self._store.claim(f"livekit-event/{event.id}", 2 * _OLD_S)
        except StoreError:
            return True  # a hint taken twice does no harm

    async def _finished(self, session_id: str) -> None:
        try:
            ended = await self._greetings.over_with_its_room(session_id)
        except (LiveKitError, StoreError) as e:
            logger.warning(
                "that a room is gone could not be looked into just now: %s",
                e,
                extra={"session_id": session_id},
            )
        else:
            if ended:
                logger.info("a session is over with its room", extra={"session_id": session_id})
