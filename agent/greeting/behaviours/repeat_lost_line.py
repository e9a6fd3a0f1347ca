"""Says a line again if it was not heard to its end."""

from __future__ import annotations

from agent.core.events import AvatarLost, LineLost, VoiceFailedOver
from agent.greeting.greeting import Greeting


class RepeatLostLine:
    """Does not repeat a reply that is still being generated: the new output says all of it."""

    def __init__(self, greeting: Greeting) -> None:
        self._conversation = greeting.conversation
        greeting.events.on(LineLost, lambda _: self._conversation.lines.repeat())
        greeting.events.on(AvatarLost, self._on_output_lost)
        greeting.events.on(VoiceFailedOver, self._on_output_lost)

    def _on_output_lost(self, _: AvatarLost | VoiceFailedOver) -> None:
        if self._conversation.is_speaking:
            self._conversation.lines.repeat()
