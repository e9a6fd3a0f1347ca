"""The Beyond Presence avatar of one room: requests, attaches and removes it.

When to request an avatar and when to use it is decided in `agent.greeting`.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Self

import aiohttp
from livekit import api, rtc
from livekit.agents import AgentSession, get_job_context, utils
from livekit.agents.utils import wait_for_participant, wait_for_track_publication
from livekit.agents.voice.avatar import AvatarSession
from livekit.agents.voice.room_io import ATTRIBUTE_PUBLISH_ON_BEHALF
from livekit.plugins import bey

from agent.avatar.output import AvatarOutput
from agent.core.errors import AvatarError, AvatarRejected, AvatarTimeout
from agent.core.events import Events
from agent.core.http_session import read_at_most
from agent.core.log import logger
from agent.core.provider_advice import AVATAR_ADVICE
from agent.core.settings import WorkerSettings
from agent.core.tasks import ignore_task_failure

_TOKEN_TTL: Final = timedelta(seconds=60)
"""Long enough to join and too short to come back; LiveKit adds a leeway of one minute."""
_PARTICIPANT_NAME: Final = "avatar"

_RESPONSE_MAX: Final = 64_000  # bytes
_ERROR_BODY_MAX: Final = 2_000  # characters kept for the log
_TRACKS_TIMEOUT_S: Final = 5.0
"""Longest time between the avatar's joining and its picture and sound; it is charged meanwhile."""
_REMOVE_TIMEOUT_S: Final = 2.0


class BeyondPresenceAvatar(bey.AvatarSession):
    """One avatar for one room.

    The plugin's own `start` is not used. Its request has no total timeout and drops the provider's
    session id. Its token is valid for six hours, so a removed avatar could come back and create the
    room again. Its output cannot pause.
    """

    def __init__(self, settings: WorkerSettings, avatar_id: str) -> None:
        super().__init__(
            avatar_id=avatar_id,
            api_url=settings.bey_api_url,
            api_key=settings.beyond_presence_api_key.get_secret_value(),
            # Random, because a participant that knows the identity could take the avatar's place.
            avatar_participant_identity=f"avatar-{secrets.token_urlsafe(12)}",
            avatar_participant_name=_PARTICIPANT_NAME,
        )
        self.created_at = time.monotonic()
        """On the monotonic clock; the request follows at once."""
        self._settings = settings
        self._requested_id = avatar_id
        self._requesting: asyncio.Task[None] | None = None
        self._output: AvatarOutput | None = None
        self.provider_session_id: str | None = None
        """Beyond Presence's id of this session; None until it has answered."""

    def request(self) -> None:
        """Ask for the avatar; AVATAR_CALL_TIMEOUT_S counts from here."""
        self._requesting = asyncio.create_task(self._call(), name="request_avatar")
        self._requesting.add_done_callback(ignore_task_failure)

    async def wait_for_answer(self) -> None:
        """Wait for the answer to the request.

        Raises:
            AvatarRejected: Beyond Presence answered with an error.
            AvatarError: it could not be reached or did not answer. If it did not answer, or
                answered with status 5xx, the avatar may still come.
        """
        assert self._requesting is not None
        await asyncio.shield(self._requesting)

    async def wait_until_visible(self, room: rtc.Room) -> Self:
        """Wait until the avatar is in the room with picture and sound, and return it.

        There is no limit until it joins. It may leave and join again: Beyond Presence does so at
        start-up (https://github.com/livekit/agents-js/pull/2345). Returns early if the room is
        closed; raises AvatarTimeout if the avatar joined without picture or sound.
        """
        while True:
            try:
                await wait_for_participant(room, identity=self.avatar_identity)
                # The plugin waits for the picture only; an avatar without sound would stay silent.
                async with asyncio.timeout(_TRACKS_TIMEOUT_S):
                    for kind in (rtc.TrackKind.KIND_VIDEO, rtc.TrackKind.KIND_AUDIO):
                        await wait_for_track_publication(
                            room, identity=self.avatar_identity, kind=kind
                        )
            except TimeoutError:
                raise AvatarTimeout("the avatar joined without picture or sound") from None
            except RuntimeError:
                # livekit-agents raises this when the participant leaves or the room is closed.
                if not room.isconnected():
                    return self
                logger.info(
                    "the avatar left before it had picture and sound; it may come again",
                    extra={"event": "avatar_left_early"},
                )
                continue
            if self.avatar_identity in room.remote_participants:
                return self

    async def attach(self, session: AgentSession[Any], room: rtc.Room, events: Events) -> None:
        """Route the session's speech to the avatar, which is in the room, while nothing plays."""
        if self._output is None:
            await AvatarSession.start(self, session, room)
            self._output = AvatarOutput(room, self.avatar_identity, events)
        session.output.replace_audio_tail(self._output)

    def stop_speaking(self) -> None:
        """Send no more speech, and do not wait for the avatar's answers: it is being removed."""
        output, self._output = self._output, None
        if output is not None:
            output.detach()

    async def aclose(self) -> None:
        """Cancel the request, and remove the avatar from the room if it was attached."""
        if self._requesting is not None:
            self._requesting.cancel()
        self.stop_speaking()
        try:
            async with asyncio.timeout(_REMOVE_TIMEOUT_S):
                await super().aclose()
        except TimeoutError:
            logger.warning(
                "LiveKit did not remove the avatar in time; the endpoint's reaper will",
                extra={"event": "avatar_remove_timeout", "limit_s": _REMOVE_TIMEOUT_S},
            )

    async def _call(self) -> None:
        limit_s = self._settings.avatar_call_timeout_s
        try:
            await self._post(
                {
                    "transport": "livekit",
                    "avatar_id": self._requested_id,
                    "url": self._settings.public_url,
                    "token": self._mint_token(),
                }
            )
            return
        except TimeoutError:
            error = f"did not answer within {limit_s:g} s (AVATAR_CALL_TIMEOUT_S)"
        except aiohttp.ClientConnectorError as e:
            raise AvatarError(f"Beyond Presence cannot be reached: {_error_kind(e)}") from e
        except aiohttp.ClientError as e:
            error = f"did not answer: {_error_kind(e)}"
        logger.warning(
            "Beyond Presence did not answer a request, and may have started an avatar all the "
            "same. If this repeats, check its status page",
            extra={"event": "avatar_unanswered", "error": error},
        )
        raise AvatarError(f"Beyond Presence {error}")

    async def _post(self, request: Mapping[str, str]) -> None:
        async with utils.http_context.http_session().post(
            f"{self._settings.bey_api_url}/v1/sessions",
            headers={"x-api-key": self._settings.beyond_presence_api_key.get_secret_value()},
            json=request,
            timeout=aiohttp.ClientTimeout(total=self._settings.avatar_call_timeout_s),
        ) as response:
            text = (await read_at_most(response, _RESPONSE_MAX)).decode(errors="replace")
            # The integration guide tells operators to search for exactly this text.
            logger.info(
                "Beyond Presence API Response Status: %d",
                response.status,
                extra={"event": "avatar_call_answered", "status": response.status},
            )
            if not response.ok:
                raise AvatarRejected(
                    response.status,
                    AVATAR_ADVICE.get(
                        response.status, "its service has a problem; see its status page"
                    ),
                    text[:_ERROR_BODY_MAX],
                )
        try:
            self.provider_session_id = str(json.loads(text)["id"])
        except (ValueError, KeyError, TypeError, RecursionError):
            # The avatar may still come: wait for it as usual.
            logger.warning(
                "Beyond Presence answered without a session id",
                extra={"event": "avatar_session_id_missing"},
            )

    def _mint_token(self) -> str:
        job = get_job_context()
        return (
            api.AccessToken(
                self._settings.livekit_api_key, self._settings.livekit_api_secret.get_secret_value()
            )
            .with_kind("agent")
            .with_identity(self.avatar_identity)
            .with_name(_PARTICIPANT_NAME)
            .with_ttl(_TOKEN_TTL)
            .with_grants(
                api.VideoGrants(
                    room_join=True,
                    room=job.room.name,
                    can_publish=True,
                    can_subscribe=True,
                    can_publish_data=True,
                    can_update_own_metadata=False,
                )
            )
            .with_attributes({ATTRIBUTE_PUBLISH_ON_BEHALF: job.local_participant_identity})
            .to_jwt()
        )


def _error_kind(error: Exception) -> str:
    """The type and status of an error, without the vendor's text."""
    status = getattr(error, "status", None)
    return f"{type(error).__name__} {status}" if status else type(error).__name__
