"""Tells the page about the greeting through the agent's attributes."""

from __future__ import annotations

from typing import Final

from agent.core.events import (
    AnswersChanged,
    ClosingChanged,
    LineAdded,
    ModeChanged,
    OpeningFinished,
    OpeningStarted,
    RecordingChanged,
    ScriptChanged,
)
from agent.greeting.greeting import Greeting
from agent.greeting.observers.question_progress import QuestionTracker
from agent.room.contract import (
    ATTRIBUTE_CLOSING,
    ATTRIBUTE_ENDED,
    ATTRIBUTE_FEEDBACK,
    ATTRIBUTE_GUIDE,
    ATTRIBUTE_LOCALE,
    ATTRIBUTE_MODE,
    ATTRIBUTE_MODE_REASON,
    ATTRIBUTE_QUESTIONS,
    ATTRIBUTE_RECORDING,
)
from agent.room.page_attributes import PageAttributes

_END_TIMEOUT_S: Final = 0.5


class PageObserver:
    """Sets the attributes that `agent.room.contract` describes."""

    def __init__(self, greeting: Greeting) -> None:
        self._state = greeting.state
        self._only_counts = greeting.settings.only_counts
        self._page = PageAttributes(greeting.room)
        self._questions = QuestionTracker(greeting.state)
        self._opening = ""
        greeting.events.on(ModeChanged, self._on_mode)
        greeting.events.on(OpeningStarted, self._on_opening_started)
        greeting.events.on(ScriptChanged, lambda _: self._show_script())
        greeting.events.on(ClosingChanged, self._on_closing)
        greeting.events.on(RecordingChanged, self._on_recording)
        greeting.events.on(OpeningFinished, self._on_opening_finished)
        greeting.events.on(LineAdded, self._on_line)
        greeting.events.on(AnswersChanged, lambda _: self._show_questions())

    async def show_end(self, reason: str) -> None:
        """Tell the page why the greeting ended; call it before the room is deleted."""
        await self._page.set_now({ATTRIBUTE_ENDED: reason}, _END_TIMEOUT_S)

    def _on_mode(self, event: ModeChanged) -> None:
        self._page.set({ATTRIBUTE_MODE: event.mode, ATTRIBUTE_MODE_REASON: event.reason})

    def _on_opening_started(self, event: OpeningStarted) -> None:
        self._opening = event.text
        self._show_script()

    def _show_script(self) -> None:
        if self._state.opened_at is not None:
            script = self._state.script
            self._page.set(
                {
                    ATTRIBUTE_LOCALE: script.locale,
                    ATTRIBUTE_GUIDE: script.guide,
                    ATTRIBUTE_FEEDBACK: "" if self._only_counts else "on",
                }
            )
            self._show_questions()

    def _on_opening_finished(self, _: OpeningFinished) -> None:
        self._questions.opening_said(self._opening)
        self._show_questions()

    def _on_line(self, event: LineAdded) -> None:
        if self._state.opening_over.is_set() and event.line.who == "guide":
            self._questions.line_said(event.line.text)
            self._show_questions()

    def _show_questions(self) -> None:
        if self._state.opening_over.is_set():
            progress = self._questions.progress.model_dump_json()
            self._page.set({ATTRIBUTE_QUESTIONS: progress})

    def _on_closing(self, event: ClosingChanged) -> None:
        self._page.set({ATTRIBUTE_CLOSING: event.closing})

    def _on_recording(self, _: RecordingChanged) -> None:
        recording = self._state.recording
        on = recording is not None and recording.status == "recording"
        self._page.set({ATTRIBUTE_RECORDING: "on" if on else ""})
