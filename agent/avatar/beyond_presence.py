"""The Beyond Presence seam: the only module that knows the plugin and its wire.

The plugin's session is subclassed, because as released (1.8.9) its call has no total timeout, its
token lives six hours (a removed avatar could come back and re-create the room), its identity is the
same in every room, and it drops the provider's session id. `_start_agent` is private to it, so
tests/unit/test_avatar_seam.py pins that seam to the locked version. What the avatar does to the
conversation (who speaks, handing over) is not decided here.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta

import aiohttp
from livekit import api, rtc
from livekit.agents import AgentSession, APIConnectOptions, get_job_context
from livekit.agents.utils import wait_for_participant, wait_for_track_publication
from livekit.agents.voice.room_io import ATTRIBUTE_PUBLISH_ON_BEHALF
from livekit.plugins import bey

from agent.avatar.output import AvatarOutput
from agent.core.errors import AvatarError, AvatarRejected, AvatarTimeout
from agent.core.log import logger
from agent.core.provider_advice import AVATAR_ADVICE
from agent.core.settings import WorkerSettings

AUDIO_SAMPLE_RATE = 16_000
"""Hz of the sound Beyond Presence takes; the room's own output uses the same, so that a speech can
move between the two without changing speed."""

_TOKEN_TTL = timedelta(seconds=60)
"""Long enough to join, too short to come back; LiveKit adds its own leeway of a minute."""

_ANSWER_MAX = 64_000  # bytes of an answer that are read
_BODY_MAX = 2_000  # characters of an error answer that are worth keeping
_RETRY_AFTER_S = 0.3
_TRACKS_S = 5.0
"""Between an avatar's coming and its picture and sound; meanwhile it is paid for."""
_REMOVE_TIMEOUT_S = 2.0


class BeyondPresenceAvatar(bey.AvatarSession):
    """One avatar for one room."""

    def __init__(self, settings: WorkerSettings, avatar_id: str) -> None:
        super().__init__(
            avatar_id=avatar_id,
            api_url=settings.bey_api_url,
            api_key=settings.beyond_presence_api_key.get_secret_value(),
            # Whoever knows the identity could take the avatar's seat in the room.
            avatar_participant_identity=f"avatar-{secrets.token_urlsafe(12)}",
            avatar_participant_name="avatar",
            conn_options=APIConnectOptions(timeout=settings.avatar_call_timeout_s),
        )
        self._settings = settings
        self._asking: asyncio.Task[None] | None = None
        self._output: AvatarOutput | None = None
        self.provider_session_id: str | None = None
        """Beyond Presence's id of this session; None until it has answered."""

    def ask(self) -> None:
        """Ask for the avatar now, while the session is still starting; `arrives` takes the answer.

        AVATAR_CALL_TIMEOUT_S counts from here.
        """
        self._asking = asyncio.create_task(self._call(), name="ask_for_avatar")

    async def arrives(self, room: rtc.Room) -> None:
        """Wait, without limit, until the avatar asked for is in the room with picture and sound;
        or until the room is closed.

        It may come, leave and come again meanwhile: Beyond Presence does so at start-up
        (https://github.com/livekit/agents-js/pull/2345).

        Raises:
            AvatarRejected: Beyond Presence answered with an error.
            AvatarTimeout: it did not answer in time.
            AvatarError: it could not be reached.
        """
        assert self._asking is not None
        await asyncio.shield(self._asking)
        while True:
            try:
                await wait_for_participant(room, identity=self.avatar_identity)
                # The plugin waits for the picture only: without sound it would be silent for good.
                async with asyncio.timeout(_TRACKS_S):
                    for kind in (rtc.TrackKind.KIND_VIDEO, rtc.TrackKind.KIND_AUDIO):
                        await wait_for_track_publication(
                            room, identity=self.avatar_identity, kind=kind
                        )
            except TimeoutError:
                raise AvatarTimeout("the avatar came without picture or without sound") from None
            except RuntimeError:
                # What livekit-agents raises when the participant it waits on leaves.
                if not room.isconnected():
                    return  # with the room the question is gone
                logger.info("the avatar left before it could be seen and heard; it may come again")
                continue
            if self.avatar_identity in room.remote_participants:
                return

    async def take_over(
        self, session: AgentSession[None], room: rtc.Room, on_stall: Callable[[], None]
    ) -> None:
        """Route the session's speech to the avatar, which has arrived; nothing may be playing.

        Args:
            on_stall: called if it then does not play what it is given.

        Raises:
            AvatarError: the plugin refused.
        """
        try:
            await self.start(
                session,
                room,
                livekit_url=self._settings.public_url,
                livekit_api_key=self._settings.livekit_api_key,
                livekit_api_secret=self._settings.livekit_api_secret.get_secret_value(),
            )
        except (bey.BeyException, RuntimeError) as e:
            raise AvatarError(f"the avatar could not be used: {e}") from e
        # In place of the plugin's own sink, which believes whatever the avatar reports.
        self._output = AvatarOutput(
            room, self.avatar_identity, sample_rate=AUDIO_SAMPLE_RATE, on_stall=on_stall
        )
        session.output.replace_audio_tail(self._output)

    async def aclose(self) -> None:
        """Remove the avatar if it is in the room and was used, and stop asking for it."""
        if self._asking is not None:
            self._asking.cancel()
        if self._output is not None:
            self._output.let_go()
        try:
            async with asyncio.timeout(_REMOVE_TIMEOUT_S):
                await super().aclose()
        except TimeoutError:
            logger.warning("LiveKit did not remove the avatar in time")

    async def _start_agent(self, livekit_url: str, livekit_token: str) -> None:
        """What the plugin awaits where it would call: our call, already under way."""
        if self._asking is None:
            self.ask()
        assert self._asking is not None
        await self._asking

    async def _call(self) -> None:
        """The plugin's call, made our way and with our own token."""
        limit_s = self._settings.avatar_call_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                await self._post_patiently()
        except TimeoutError as e:
            raise AvatarTimeout(f"Beyond Presence did not answer within {limit_s:g} s") from e

    async def _post_patiently(self) -> None:
        body = {
            "transport": "livekit",
            "avatar_id": self._avatar_id,
            "url": self._settings.public_url,
            "token": self._mint_token(),
        }
        try:
            await self._post(body)
        except (aiohttp.ClientError, AvatarRejected) as e:
            if isinstance(e, AvatarRejected) and e.status < 500:
                raise
            # Once more, with the same identity: should the first have succeeded after all,
            # LiveKit lets only one of the two stay.
            logger.warning(
                "Beyond Presence call failed, trying once more", extra={"error": _kind(e)}
            )
            await asyncio.sleep(_RETRY_AFTER_S)
            try:
                await self._post(body)
            except aiohttp.ClientError as again:
                raise AvatarError(f"Beyond Presence cannot be reached: {_kind(again)}") from again

    async def _post(self, request: Mapping[str, str]) -> None:
        assert self._api_key is not None
        async with self._ensure_http_session().post(
            f"{self._api_url}/v1/sessions",
            headers={"x-api-key": self._api_key},
            json=request,
            timeout=aiohttp.ClientTimeout(total=self._conn_options.timeout),
        ) as answer:
            body = b""
            async for chunk in answer.content.iter_chunked(16_384):
                body += chunk
                if len(body) > _ANSWER_MAX:
                    break
            text = body.decode(errors="replace")
            # The order's own line: operators grep for it.
            logger.info("Beyond Presence API Response Status: %d", answer.status)
            if not answer.ok:
                raise AvatarRejected(
                    answer.status,
                    AVATAR_ADVICE.get(
                        answer.status, "its service has a problem; see its status page"
                    ),
                    text[:_BODY_MAX],
                )
        try:
            self.provider_session_id = str(json.loads(text)["id"])
        except (ValueError, KeyError, TypeError, RecursionError):
            # It said yes in words we do not know: whether the avatar comes will show.
            logger.warning("Beyond Presence answered without a session id")

    def _mint_token(self) -> str:
        """A short token with only what the avatar needs: one seat, its picture and its sound."""
        return (
            api.AccessToken(
                self._settings.livekit_api_key,
                self._settings.livekit_api_secret.get_secret_value(),
            )
            .with_kind("agent")
            .with_identity(self.avatar_identity)
            .with_name(self._avatar_participant_name)
            .with_ttl(_TOKEN_TTL)
            .with_grants(
                api.VideoGrants(
                    room_join=True,
                    room=get_job_context().room.name,
                    can_publish=True,
                    can_subscribe=True,
                    can_publish_data=True,
                    can_update_own_metadata=False,
                )
            )
            .with_attributes(
                {ATTRIBUTE_PUBLISH_ON_BEHALF: get_job_context().local_participant_identity}
            )
            .to_jwt()
        )


def _kind(error: Exception) -> str:
    """What went wrong, without what a vendor may have put into the text."""
    status = getattr(error, "status", None)
    return f"{type(error).__name__} {status}" if status else type(error).__name__
