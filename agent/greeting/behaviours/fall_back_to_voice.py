"""Continues by voice if the avatar is lost, and requests another avatar once."""

from __future__ import annotations

from typing import Final

from agent.core.events import AvatarLost, ProviderFailed, TraineeJoined
from agent.core.log import logger
from agent.greeting.greeting import Greeting

_WORTHWHILE_S: Final = 90.0
"""Another avatar is requested only if the greeting may last at least this much longer."""


class FallBackToVoice:
    """Replaces an avatar that left, as soon as the trainee is there to see the new one.

    It does not replace an avatar that plays nothing, because its provider has a problem.
    """

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._to_replace = False
        greeting.events.on(AvatarLost, self._on_avatar_lost)
        greeting.events.on(TraineeJoined, lambda _: self._replace())

    def _on_avatar_lost(self, event: AvatarLost) -> None:
        greeting = self._greeting
        logger.warning(
            "the avatar was lost; continuing by voice. If this repeats, check Beyond Presence's "
            "status page",
            extra={
                "event": "avatar_lost",
                "reason": event.mode_reason,
                "avatar_session_id": greeting.state.avatar_usage.provider_session_id,
            },
        )
        greeting.output.use_voice(event.mode_reason)
        greeting.events.emit(ProviderFailed("avatar", event.error))
        greeting.avatar.dismiss()
        self._to_replace = event.mode_reason == "avatar_left"
        self._replace()

    def _replace(self) -> None:
        greeting = self._greeting
        if not self._to_replace or greeting.trainee.absent.is_set():
            return
        self._to_replace = False
        if greeting.state.end_reason is None and greeting.remaining_s > _WORTHWHILE_S:
            greeting.avatar.request_again()
