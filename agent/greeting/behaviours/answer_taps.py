"""Handles the buttons that the page offers besides typing: answers, skip, repeat, more slowly.

What a button means is certain, so the model does not interpret it: an answer is saved and a line is
repeated without it. The model only words the next line.
"""

from __future__ import annotations

import asyncio
from typing import Final

from agent.core.events import (
    ClosingRequested,
    OpeningFinished,
    SpeechRecognised,
    Tap,
    TextReceived,
)
from agent.core.log import logger
from agent.greeting.context import Greeting

_TAPPED: Final = "The trainee used a button of the page."
_GO_ON: Final = "They have no question of their own now. Ask the next open question."
_SHORTER: Final = (
    "Your voice has no slower pace. Say your last line again in short, simple sentences."
)


class AnswerTaps:
    """Handles one tap after the other, after the opening."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._taps: asyncio.Queue[tuple[str, Tap]] = asyncio.Queue()
        self._opening_finished = asyncio.Event()
        greeting.events.on(TextReceived, self._on_text)
        greeting.events.on(SpeechRecognised, lambda _: self._forget_question())
        greeting.events.on(OpeningFinished, lambda _: self._opening_finished.set())
        greeting.tasks.start(self._handle_taps(), name="answer_taps")

    def _on_text(self, event: TextReceived) -> None:
        self._forget_question()
        if event.tap is not None:
            self._taps.put_nowait((event.text, event.tap))

    def _forget_question(self) -> None:
        """The trainee says something else, which may correct the answer."""
        self._greeting.state.tapped_question = ""

    async def _handle_taps(self) -> None:
        while True:
            text, tap = await self._taps.get()
            await self._opening_finished.wait()
            logger.info("trainee tapped a button", extra={"event": "tapped", "action": tap.action})
            await self._handle(text, tap)

    async def _handle(self, text: str, tap: Tap) -> None:
        conversation = self._greeting.conversation
        if tap.action == "repeat":
            await conversation.repeat_on_request(text)
        elif tap.action == "slower":
            if conversation.slow_down():
                await conversation.repeat_on_request(text)
            else:
                await conversation.answer_typed(text, instructions=f"{_TAPPED} {_SHORTER}")
        elif tap.action == "finish":
            await conversation.note_typed(text)
            self._greeting.events.emit(ClosingRequested("asked"))
        else:
            await conversation.answer_typed(text, instructions=self._recorded(tap))

    def _recorded(self, tap: Tap) -> str:
        """Save what the tap says; return what the model must know."""
        answers = self._greeting.state.answers
        if tap.action == "answer":
            answers.record(tap.question, {"yes": True, "no": False}.get(tap.value, tap.value))
        elif tap.action == "skip":
            answers.skip(tap.question)
        else:
            return f"{_TAPPED} {_GO_ON}"
        # The model reads the button's words too, and must not take them for an answer of its own.
        self._greeting.state.tapped_question = tap.question
        return f"{_TAPPED} {answers.summary} Do not ask again what is recorded or was declined."
