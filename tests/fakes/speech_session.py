"""Fakes of a speech handle, and of the part of a session that `AgentLine` uses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


class FakeSpeech:
    """A speech handle."""

    def __init__(self, *, allow_interruptions: bool = True) -> None:
        self.allow_interruptions = allow_interruptions
        self.interrupted = False
        self.ends_at_once = True
        """If it is interrupted; an avatar confirms later that it has stopped."""
        self.over = False
        self._callbacks: list[Any] = []

    def done(self) -> bool:
        return self.over

    def add_done_callback(self, callback: Any) -> None:
        self._callbacks.append(callback)

    def interrupt(self) -> None:
        self.interrupted = True
        if self.ends_at_once:
            self.ends()

    def ends(self) -> None:
        self.over = True
        for callback in self._callbacks:
            callback(self)


class FakeSession:
    """The part of a session that `AgentLine` uses."""

    def __init__(self) -> None:
        self.current_speech: FakeSpeech | None = None
        self.agent_state = self.user_state = "listening"
        self.resumed = 0
        self.output = SimpleNamespace(audio=SimpleNamespace(resume=self._resume))
        self._callbacks: list[Any] = []

    def _resume(self) -> None:
        self.resumed += 1

    def on(self, event: str, callback: Any) -> None:
        self._callbacks.append((event, callback))

    def changes_to(self, state: str, event: str = "agent_state_changed") -> None:
        """Change the state of the agent, or of the trainee ("user_state_changed")."""
        if event == "agent_state_changed":
            self.agent_state = state
        for name, callback in self._callbacks:
            if name == event:
                callback(SimpleNamespace(new_state=state))

    def speaks(self, *, allow_interruptions: bool = True) -> FakeSpeech:
        self.current_speech = FakeSpeech(allow_interruptions=allow_interruptions)
        self.changes_to("speaking")
        return self.current_speech
