"""Keeps the recording in step with the conversation, and deletes it if the trainee declines."""

from __future__ import annotations

from agent.core.events import LineAdded, RecordingDeclined
from agent.greeting.greeting import Greeting


class RecordWithConsent:
    """Does nothing if the greeting is not recorded."""

    def __init__(self, greeting: Greeting) -> None:
        if greeting.recording is None:
            return
        recording = greeting.recording
        greeting.events.on(LineAdded, lambda event: recording.add_line(event.message, event.line))
        greeting.events.on(RecordingDeclined, lambda _: recording.withdraw())
