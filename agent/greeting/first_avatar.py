"""The first avatar of a greeting, requested while the job still joins the room.

The avatar takes longer to join than any other step of the start. The request needs only the name of
the room, the agent's identity and the script, which the job has from the beginning.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Final

from agent.avatar.beyond_presence import BeyondPresenceAvatar
from agent.billing.budget import utc_day
from agent.core.errors import StoreError
from agent.core.log import logger
from agent.core.settings import WorkerSettings
from agent.outcomes.timeline import Timeline
from agent.room.room_api import RoomApi
from agent.scripts import RenderedScript
from agent.store import open_store
from agent.telemetry.shared_metrics import STORE_ERRORS

_REMOVE_EVERY_S: Final = 0.5
_REMOVE_FOR_S: Final = 4.0
"""How long to remove an avatar that joins although its request was cancelled. If it joins later,
the endpoint's reaper removes it."""


def request_avatar(settings: WorkerSettings, script: RenderedScript) -> BeyondPresenceAvatar:
    if script.avatar and script.avatar not in settings.beyond_presence_avatars:
        logger.warning(
            "BEYOND_PRESENCE_AVATARS lacks the avatar of this script; using the default",
            extra={"event": "avatar_unknown", "script": script.name, "avatar": script.avatar},
        )
    avatar = BeyondPresenceAvatar(settings, settings.avatar_of(script.name, script.avatar))
    avatar.request()
    return avatar


class FirstAvatar:
    """The avatar of a greeting that has not started yet.

    Call `request`, and then `hand_over`, or `abandon` if the greeting does not start.
    """

    def __init__(
        self, settings: WorkerSettings, script: RenderedScript, timeline: Timeline
    ) -> None:
        self._settings = settings
        self._script = script
        self._timeline = timeline
        self._avatar: BeyondPresenceAvatar | None = None

    def request(self) -> None:
        """Request it, once; the room need not be connected."""
        if self._avatar is None:
            self._avatar = request_avatar(self._settings, self._script)
            self._timeline.mark("avatar_asked")

    def hand_over(self) -> BeyondPresenceAvatar | None:
        """Return the requested avatar, if any; the caller must close it."""
        avatar, self._avatar = self._avatar, None
        return avatar

    async def abandon(self, livekit: RoomApi) -> None:
        """Cancel a request that was not handed over, and remove an avatar that joins."""
        avatar = self.hand_over()
        if avatar is None:
            return
        logger.info(
            "cancelled the request for an avatar, because the greeting does not start",
            extra={"event": "avatar_request_cancelled"},
        )
        await avatar.aclose()
        # Beyond Presence may have received the request, and its API cannot stop a session.
        for _ in range(round(_REMOVE_FOR_S / _REMOVE_EVERY_S)):
            await livekit.remove(avatar.avatar_identity)
            await asyncio.sleep(_REMOVE_EVERY_S)
        if avatar.provider_session_id:
            await _add_to_ledger(self._settings, avatar.provider_session_id)


async def _add_to_ledger(settings: WorkerSettings, avatar_session: str) -> None:
    """Keep the id of an avatar session without a greeting, so that its bill is checked, too."""
    try:
        async with aclosing(await asyncio.to_thread(open_store, settings)) as store:
            await store.add_avatar_seconds(utc_day(), 0, session=avatar_session)
    except StoreError as e:
        STORE_ERRORS.labels("add_avatar_session").inc()
        logger.warning(
            "an avatar session is missing from the ledger; check REDIS_URL or STATE_DIR",
            extra={
                "event": "avatar_session_not_stored",
                "avatar_session_id": avatar_session,
                "error": str(e),
            },
        )
