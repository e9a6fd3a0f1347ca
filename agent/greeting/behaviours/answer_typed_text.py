"""Answers what the trainee types, one line after the other."""

from __future__ import annotations

import asyncio

from agent.core.events import OpeningFinished, TextReceived
from agent.greeting.context import Greeting


class AnswerTypedText:
    """Answers typed text after the opening.

    The trainee must get the opening first: it says that the agent is an AI, and whether the
    greeting is recorded.
    """

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._typed: asyncio.Queue[str] = asyncio.Queue()
        self._opening_finished = asyncio.Event()
        greeting.events.on(TextReceived, self._on_text)
        greeting.events.on(OpeningFinished, lambda _: self._opening_finished.set())
        greeting.tasks.start(self._answer(), name="answer_typed_text")

    def _on_text(self, event: TextReceived) -> None:
        if event.tap is None:  # `AnswerTaps` handles the others
            self._typed.put_nowait(event.text)

    async def _answer(self) -> None:
        while True:
            text = await self._typed.get()
            await self._opening_finished.wait()
            await self._greeting.conversation.answer_typed(text)
