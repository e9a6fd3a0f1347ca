"""Answers what the trainee types, and the buttons of the page: answers, skip, repeat, more slowly.

What a button means is certain, so the model does not interpret it: an answer is saved and a line is
repeated without it. The model only words the next line.
"""

from __future__ import annotations

import asyncio
from typing import Final

from livekit.agents.voice import SpeechHandle

from agent.core.events import ClosingRequested, SpeechRecognised, Tap, TextReceived
from agent.core.log import logger
from agent.greeting.greeting import Greeting
from agent.scripts import Question

_TAPPED: Final = "The trainee used a button of the page."
_GO_ON: Final = "They have no question of their own now. Ask the next open question."
_SHORTER: Final = (
    "Your voice has no slower pace. Say your last line again in short, simple sentences."
)


class AnswerTypedText:
    """Answers typed lines and buttons after the opening, in the order in which they came.

    The trainee must get the opening first: it says that the agent is an AI, and whether the
    greeting is recorded. A line or button that came after the opening interrupts the reply to the
    one before it; those that waited for the opening are answered one after the other.
    """

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._received: asyncio.Queue[TextReceived] = asyncio.Queue()
        greeting.events.on(TextReceived, self._received.put_nowait)
        greeting.events.on(SpeechRecognised, lambda _: self._forget_question())
        greeting.tasks.start(self._answer_all(), name="answer_typed_text")

    def _forget_question(self) -> None:
        """The trainee says something else, which may correct the answer."""
        self._greeting.state.tapped_question = ""

    async def _answer_all(self) -> None:
        while True:
            received = await self._received.get()
            await self._greeting.state.opening_over.wait()
            self._forget_question()
            reply = await self._answer(received.text, received.tap)
            if reply is not None and not self._received.empty():
                await reply.wait_for_playout()

    async def _answer(self, text: str, tap: Tap | None) -> SpeechHandle | None:
        conversation = self._greeting.conversation
        if tap is None:
            return await conversation.answer_typed(text)
        logger.info("trainee tapped a button", extra={"event": "tapped", "action": tap.action})
        if tap.action == "repeat":
            return await conversation.repeat_on_request(text)
        if tap.action == "slower":
            if conversation.script_in_use.slow_down():
                return await conversation.repeat_on_request(text)
            return await conversation.answer_typed(text, instructions=f"{_TAPPED} {_SHORTER}")
        if tap.action == "finish":
            await conversation.note_typed(text)
            self._greeting.events.emit(ClosingRequested("asked"))
            return None
        if tap.action == "next":
            return await conversation.answer_typed(text, instructions=f"{_TAPPED} {_GO_ON}")
        return await conversation.answer_typed(text, instructions=self._save(tap))

    def _save(self, tap: Tap) -> str:
        """Save an answer or a skip. Returns what the model must know for its reply.

        The page may show a question that the script does not ask any more. Then nothing is saved,
        and the model answers the button's text as if it were typed.
        """
        state = self._greeting.state
        question = state.answers.questions.get(tap.question)
        value = _value(question, tap.value)
        if question is None or (tap.action == "answer" and question.canonical(value) is None):
            logger.warning(
                "the script in use does not accept the answer of a button; answering its text",
                extra={"event": "tap_refused", "action": tap.action},
            )
            return ""
        if tap.action == "answer":
            state.answers.record(question.id, value)
        else:
            state.answers.skip(question.id)
        # The model reads the button's words too, and must not take them for an answer of its own.
        state.tapped_question = question.id
        return (
            f"{_TAPPED} {state.answers.summary} Do not ask again what is recorded or was declined."
        )


def _value(question: Question | None, tapped: str) -> bool | str | None:
    """The value that `Answers` takes; a choice may have the id `yes` or `no`, too."""
    if question is not None and question.type == "yes_no":
        return {"yes": True, "no": False}.get(tapped)
    return tapped
