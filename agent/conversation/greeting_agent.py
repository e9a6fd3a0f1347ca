"""The greeter: the LLM's persona in one language, and the functions it may call.

It decides nothing about room, voice or time: what a function means for the conversation is told to
the `Host` (the conversation it speaks in), and what was answered to `Answers`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from typing import Any, Protocol

from livekit import rtc
from livekit.agents import (
    NOT_GIVEN,
    Agent,
    APIError,
    FlushSentinel,
    ModelSettings,
    StopResponse,
    function_tool,
    llm,
    stt,
    tts,
    utils,
)
from livekit.agents.voice.io import TimedString

from agent.conversation.answers import Answers
from agent.scripts import RenderedScript

END_GREETING = "end_greeting"
SWITCH_LANGUAGE = "switch_language"
STOP_RECORDING = "stop_recording"

_THINKS_S = 2.5
"""An answer that has not begun by then is bridged by a word: nobody is left to wonder."""
_DEAF_S = (0.0, 1.0, 3.0, 8.0)
"""Before refused ears are tried again, on top of livekit-agents' half second: a refusal goes on for
all of a greeting. What is said meanwhile is kept, and heard then."""

_Answer = AsyncGenerator[llm.ChatChunk | str | FlushSentinel, None]


class Host(Protocol):
    """Who acts on what the model asks for."""

    def successor(self, locale: str) -> Greeter | None:
        """The greeter of another language; None where it is spoken already or not to be had."""

    def slow_down(self) -> bool:
        """Speak more slowly from now on; False where the voice has no slower pace."""

    def stop_recording(self) -> bool:
        """Stop and delete the recording; False where nothing is being recorded."""

    def say_goodbye(self) -> None:
        """Say the closing line once the present speech is over."""


class Greeter(Agent):
    """The persona of one script in one locale."""

    def __init__(
        self,
        script: RenderedScript,
        answers: Answers,
        host: Host,
        *,
        ears: stt.STT[Any] | None = None,
        voice: tts.TTS[Any] | None = None,
        chat_ctx: llm.ChatContext | None = None,
        may_be_recorded: bool = False,
    ) -> None:
        """Args:
        ears, voice: of this locale; the session's where None.
        chat_ctx: what was said before it took over; None: it is the first.
        may_be_recorded: the trainee may then ask not to be.
        """
        self.script = script
        self._answers = answers
        self._host = host
        self._may_be_recorded = may_be_recorded
        self._takes_over = chat_ctx is not None
        self._refused = 0
        """How often in a row the ears were."""
        self.last_words = ""
        """What is being said, or was said last, as far as it has been written."""
        super().__init__(
            instructions="\n\n".join(filter(None, [script.instructions, answers.so_far])),
            chat_ctx=NOT_GIVEN if chat_ctx is None else chat_ctx,
            tools=self._functions(),
            stt=ears or NOT_GIVEN,
            tts=voice or NOT_GIVEN,
        )

    async def on_enter(self) -> None:
        """Who takes over answers; the first one's first words are the conversation's to say."""
        if self._takes_over:
            self.session.generate_reply()

    async def stt_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncGenerator[stt.SpeechEvent, None]:
        """What is heard."""
        try:
            async with aclosing(Agent.default.stt_node(self, audio, model_settings)) as heard:
                async for event in heard:
                    self._refused = 0
                    yield event
        except APIError:
            await asyncio.sleep(_DEAF_S[min(self._refused, len(_DEAF_S) - 1)])
            self._refused += 1
            raise

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> _Answer:
        """The model's answer; a word in the meantime where it takes long.

        Where a model breaks off and another begins anew, so does the sentence that is said.
        """
        answer = Agent.default.llm_node(self, chat_ctx, tools, model_settings)
        async with aclosing(answer):
            first = asyncio.ensure_future(anext(answer, None))
            try:
                await asyncio.wait({first}, timeout=_THINKS_S)
                if not first.done() and self.script.moment:
                    yield f"{self.script.moment} "
                    yield FlushSentinel()
                if (chunk := await first) is None:
                    return
            finally:
                await utils.aio.cancel_and_wait(first)
            yield chunk
            begun_by = _id_of(chunk)
            async for chunk in answer:
                if _id_of(chunk) not in (None, begun_by):
                    begun_by = _id_of(chunk)
                    yield " "
                    yield FlushSentinel()
                yield chunk

    async def transcription_node(
        self, text: AsyncIterable[str | TimedString], model_settings: ModelSettings
    ) -> AsyncGenerator[str | TimedString, None]:
        """What is said, as it passes by."""
        self.last_words = ""
        async for piece in text:
            self.last_words += piece
            yield piece

    def _functions(self) -> list[llm.Tool | llm.Toolset]:
        """Only what this script has a use for: each declaration costs the model attention."""
        ids = [question.id for question in self.script.questions]
        question = {"type": "string", "enum": ids, "description": "The question's id."}
        value = {
            "description": "yes_no: true or false. number: the number. choice: the choice's id. "
            "text: their own words, shortened, in their language.",
            "anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}],
        }
        others = [tag for tag in self.script.locales if tag != self.script.locale]
        locale = {"type": "string", "enum": others, "description": "The language from now on."}
        found: list[llm.Tool | llm.Toolset] = []
        if ids:
            found += [
                _declared(
                    self._record_answer,
                    "record_answer",
                    "Save the trainee's answer to a question, at once, also one given in passing, "
                    "and again when they correct it.",
                    question=question,
                    value=value,
                ),
                _declared(
                    self._skip_question,
                    "skip_question",
                    "The trainee would rather not answer this question, or passed over it.",
                    question=question,
                ),
            ]
        if others:
            found.append(
                _declared(
                    self._switch_language,
                    SWITCH_LANGUAGE,
                    "The trainee speaks, or asks for, another of these languages. Call this before "
                    "you say anything, and say nothing else.",
                    locale=locale,
                )
            )
        found.append(
            _declared(
                self._speak_slower,
                "speak_slower",
                "The trainee asks you to speak more slowly.",
            )
        )
        if self._may_be_recorded:
            found.append(
                _declared(
                    self._stop_recording,
                    STOP_RECORDING,
                    "The trainee would rather not be recorded. Call this before you say anything.",
                )
            )
        found.append(
            _declared(
                self._end_greeting,
                END_GREETING,
                "All is said, or the trainee wants to go on to the video. The goodbye is said for "
                "you: say nothing more.",
            )
        )
        return found

    async def _record_answer(self, raw_arguments: dict[str, object]) -> str:
        return self._answers.record(_text(raw_arguments, "question"), raw_arguments.get("value"))

    async def _skip_question(self, raw_arguments: dict[str, object]) -> str:
        return self._answers.skip(_text(raw_arguments, "question"))

    async def _switch_language(self, raw_arguments: dict[str, object]) -> Agent | str:
        successor = self._host.successor(_text(raw_arguments, "locale"))
        if successor is None:
            return f"You go on in {self.script.locale}: there is no other for this."
        return successor

    async def _speak_slower(self, raw_arguments: dict[str, object]) -> str:
        slower = self._host.slow_down()
        how = "Your voice is slower now." if slower else "Your voice has no slower pace."
        return f"{how} Use short, simple sentences, and say again what they missed."

    async def _stop_recording(self, raw_arguments: dict[str, object]) -> str:
        if self._host.stop_recording():
            return "The recording has stopped and is deleted. Say so in one sentence, and go on."
        return "Nothing is being recorded. Say so in one sentence, and go on."

    async def _end_greeting(self, raw_arguments: dict[str, object]) -> None:
        self._host.say_goodbye()
        raise StopResponse


def _id_of(chunk: llm.ChatChunk | str | FlushSentinel) -> str | None:
    """Which model's attempt it comes from; None: it does not say."""
    return chunk.id if isinstance(chunk, llm.ChatChunk) and chunk.id else None


def _text(arguments: dict[str, object], name: str) -> str:
    return str(arguments.get(name, ""))


def _declared(function: Any, name: str, description: str, **properties: object) -> llm.Tool:
    """A function as the model is told of it; every argument is required."""
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }
    schema = {"name": name, "description": description, "parameters": parameters}
    tool: llm.Tool = function_tool(function, raw_schema=schema)
    return tool
