"""Records how the trainee was told that an AI speaks and that the greeting is recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agent.core.events import LabelShown, OpeningFinished, OpeningStarted, TraineeLeft
from agent.greeting.greeting import Greeting
from agent.outcomes.outcome import Notice
from agent.scripts.disclosure import ai_disclosure_in


class DisclosureReceipt:
    def __init__(self, greeting: Greeting) -> None:
        self._audibility = greeting.audibility
        self._state = greeting.state
        self._heard_so_far = False
        self._told: list[Notice] = []
        """The notices in the opening that is being said."""
        greeting.events.on(LabelShown, self._on_label_shown)
        greeting.events.on(TraineeLeft, self._on_trainee_left)
        greeting.events.on(OpeningStarted, self._on_opening_started)
        greeting.events.on(OpeningFinished, self._on_opening_finished)

    def _on_label_shown(self, event: LabelShown) -> None:
        notice = self._state.disclosure.ai if event.label == "ai" else self._recording()
        if notice is not None and notice.label_at is None:
            notice.label_at = datetime.now(UTC) - timedelta(seconds=event.age_s)

    def _on_trainee_left(self, _: TraineeLeft) -> None:
        self._heard_so_far = False

    def _on_opening_started(self, event: OpeningStarted) -> None:
        receipt, script = self._state.disclosure, self._state.script
        words = ai_disclosure_in(event.text, script.ai_disclosure)
        if words or not receipt.ai.words:
            receipt.script, receipt.script_version = script.name, script.version
            receipt.locale = script.locale
            receipt.ai.words = words
        # An agent that takes over a greeting need not say again what the trainee has heard.
        self._told = [receipt.ai] if words else []
        if script.recording_disclosure in event.text and (recording := self._recording()):
            recording.words = script.recording_disclosure
            self._told.append(recording)
        for notice in self._told:
            notice.said_at = datetime.now(UTC)
        self._heard_so_far = self._audibility.is_heard

    def _on_opening_finished(self, event: OpeningFinished) -> None:
        # A voice or an avatar that fails while it says the opening is replaced, and the opening is
        # said again: this event comes after the last repetition.
        receipt = self._state.disclosure
        if receipt.mode is None or any(notice is receipt.ai for notice in self._told):
            receipt.mode = self._state.mode
        heard = self._heard_so_far and self._audibility.is_heard and not event.interrupted
        for notice in self._told:
            notice.heard_to_end = heard

    def _recording(self) -> Notice | None:
        """The notice about the recording; None if the trainee is not recorded."""
        receipt, recording = self._state.disclosure, self._state.recording
        if receipt.recording is None and recording and recording.status == "recording":
            receipt.recording = Notice()
        return receipt.recording
