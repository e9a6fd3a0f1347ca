"""Keeps the recording in step with the conversation, and deletes it if the trainee declines."""

from __future__ import annotations

from agent.core.events import LineAdded, RecordingChanged, RecordingDeclined
from agent.greeting.greeting import Greeting


class RecordWithConsent:
    """Does nothing if the greeting is not recorded."""

    def __init__(self, greeting: Greeting) -> None:
        if greeting.recording is None:
            return
        self._greeting = greeting
        self._recording = greeting.recording
        greeting.events.on(LineAdded, self._on_line)
        greeting.events.on(RecordingDeclined, lambda _: self._recording.withdraw())
        greeting.events.on(RecordingChanged, self._on_changed)

    def _on_line(self, event: LineAdded) -> None:
        self._recording.add_line(event.message, event.line)

    def _on_changed(self, _: RecordingChanged) -> None:
        if not self._recording.is_active and self._greeting.state.opened_at is None:
            # The opening that is prepared says that the trainee is recorded.
            self._greeting.conversation.lines.prepare_opening()
