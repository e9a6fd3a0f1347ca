"""The conversation: one script spoken with one trainee, in a room or in a console.

It knows what is said and by which greeter, and nothing of rooms, avatars or time: when to open, to
check in or to say goodbye is decided by `Greeting` and `Course`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from livekit.agents import (
    NOT_GIVEN,
    AgentSession,
    ConversationItemAddedEvent,
    FunctionToolsExecutedEvent,
)
from livekit.agents.llm import LLM, ChatContext, ChatMessage
from livekit.agents.voice import SpeechHandle

from agent.conversation.answers import Answers
from agent.conversation.greeting_agent import END_GREETING, Greeter
from agent.core.job_metadata import JobMetadata
from agent.core.log import logger
from agent.core.plain_text import one_line
from agent.core.settings import VoiceSettings
from agent.core.types import Answer, Line
from agent.scripts import Library, RenderedScript, script_for
from agent.scripts.selection import find_locale
from agent.scripts.speakable import estimate_speech_s
from agent.speech.prepared_line import PreparedSpeech
from agent.speech.providers import TTS_PATIENCE, Models, build_session, build_text_session
from agent.speech.speech import ProviderError, Speech

_LINE_TIMEOUT_S = 40.0
"""The longest a line of a script may take to be said; `prompts check` allows half of it."""


class Conversation:
    """What is said. `session` is started by whoever has a room, or a terminal, for it."""

    def __init__(
        self,
        llm: LLM[Any],
        metadata: JobMetadata,
        *,
        settings: VoiceSettings | None,
        library: Library | None = None,
        on_change: Callable[[], None] = lambda: None,
        on_goodbye: Callable[[], None] = lambda: None,
        going_on: Callable[[], bool] = lambda: True,
        on_speechless: Callable[[], None] = lambda: None,
        answered: Mapping[str, Answer] | None = None,
        on_failure: Callable[[ProviderError], None] = lambda _: None,
        is_recorded: Callable[[], bool] = lambda: False,
        on_unwanted: Callable[[], bool] | None = None,
    ) -> None:
        """Args:
        llm: who thinks.
        metadata: whom it speaks with.
        settings: of ears and voice; None: it is typed and read.
        library: the scripts; the shipped ones where None.
        on_change: called when an answer, or the script, has changed.
        on_goodbye: called when the model has come to the end.
        going_on: whether the greeting has not ended.
        on_speechless: called when no voice is to be had for the opening.
        answered: what the trainee has told before.
        on_failure: given each failure of one model or one voice, whoever answers in its place.
        is_recorded: whether the opening has to say so.
        on_unwanted: called when the trainee would rather not be recorded, see
            `Host.stop_recording`; None: they are not, whatever happens.
        """
        self._metadata = metadata
        self._library = library
        self._on_change = on_change
        self._on_goodbye = on_goodbye
        self._going_on = going_on
        self._on_speechless = on_speechless
        self._speech = (
            Speech(settings, on_failure=on_failure, on_loss=self.lose_voice) if settings else None
        )
        self._is_recorded = is_recorded
        self._on_unwanted = on_unwanted
        self._opening: PreparedSpeech | None = None
        self._first_words = ""
        self._typed: list[str] = []
        self._to_be_said_again: list[SpeechHandle] = []
        self.script = script_for(metadata, library)
        self._answered = answered or {}
        for model in llm.models if isinstance(llm, Models) else ():
            model.on("error", on_failure)
        self.answers = Answers(self.script.questions, on_change)
        self.answers.restore(self._answered)
        self.session: AgentSession[None] = (
            build_session(llm) if settings else build_text_session(llm)
        )
        self.session.on("function_tools_executed", _one_reply)
        self.greeter = self._greeter()

    async def get_to_know(self, metadata: JobMetadata) -> None:
        """Speak with whom `metadata` describes; before the opening alone."""
        self._metadata = metadata
        script, before = script_for(metadata, self._library), self.script
        if (script.name, script.locale) == (before.name, before.locale):
            self._speak(script)
            await self.greeter.update_instructions(script.instructions)
            return
        self.answers = Answers(script.questions, self._on_change)
        self.answers.restore(self._answered)
        self._speak(script)
        self.greeter = self._greeter()
        self.session.update_agent(self.greeter)
        # The hand-over is a task of the session's: once it has begun, this waits for its end.
        await asyncio.sleep(0)
        await self.session.wait_for_idle()

    def prepare_opening(self) -> None:
        """Make the first words ready while nobody is listening yet; again if they have changed."""
        if self._opening is not None:
            self._opening.cancel()
        assert self._speech is not None
        script = self.script
        self._first_words = script.opening_recorded if self._is_recorded() else script.opening
        self._opening = PreparedSpeech(
            self._speech.voice(script.locale, script.voice),
            self._first_words,
            TTS_PATIENCE,
            about_s=estimate_speech_s(self._first_words, script.locale),
            on_failure=self._on_speechless,
            on_break=self.say_again,
        )

    def open(self) -> SpeechHandle:
        """The first words: from the script, by no LLM."""
        audio = self._opening.audio() if self._opening else None
        words = self._first_words or self.script.opening
        return self.session.say(words, audio=audio or NOT_GIVEN)

    async def answer_typed(self, text: str) -> None:
        """Answer a typed line; whatever is being said gives way to it."""
        text = one_line(text, len(text))
        if not text:
            return
        await self.session.interrupt()
        self._typed.append(text)
        self.session.generate_reply(user_input=text, input_modality="text")

    async def say(self, text: str) -> bool:
        """Say a line of the script, after what is being said; whether it was said to its end."""
        speech = self.session.say(text)
        try:
            async with asyncio.timeout(_LINE_TIMEOUT_S):
                await speech.wait_for_playout()
        except TimeoutError:
            logger.warning("a line was not said in time", extra={"limit_s": _LINE_TIMEOUT_S})
            return False
        return not speech.interrupted

    def say_again(self) -> None:
        """What is being said is lost on its way: once it is over, it is said anew."""
        speech = self.session.current_speech
        if speech is None:
            self._repeat()
        elif speech not in self._to_be_said_again:
            self._to_be_said_again.append(speech)
            speech.add_done_callback(self._repeat)

    def _repeat(self, speech: SpeechHandle | None = None) -> None:
        words = self.greeter.last_words.strip()
        if words and not (speech and speech.interrupted) and self._going_on():
            logger.info("a line that was lost is said again")
            self.session.say(words, add_to_chat_ctx=False)

    def lose_voice(self) -> None:
        """Who speaks broke off: of a line that is being said, the rest is lost.

        What is still being thought of will be said by the next one, once.
        """
        if self.session.agent_state == "speaking":
            self.say_again()

    def listen_anew(self) -> None:
        """Connect the ears once more: what was said came to nothing."""
        if self._speech is not None:
            self._speech.listen_anew()

    def close(self) -> None:
        """Stop what is still being made ready."""
        if self._opening is not None:
            self._opening.cancel()

    def successor(self, locale: str) -> Greeter | None:
        """The greeter of another language of this script, who has heard all that was said."""
        found = find_locale(self.script.locales, locale) if locale else None
        if found is None or found[0] == self.script.locale:
            return None
        metadata = self._metadata.model_copy(update={"locale": found[0]})
        script = script_for(metadata, self._library)
        if script.locale != found[0]:
            return None  # it cannot be used; the log says why
        said = self.greeter.chat_ctx.copy(exclude_instructions=True, exclude_handoff=True)
        self._speak(script)
        self.greeter = self._greeter(said)
        logger.info("the language was switched", extra={"locale": script.locale})
        return self.greeter

    def slow_down(self) -> bool:
        """Speak more slowly from the next line on, in every language; False: it is not slower."""
        return self._speech is not None and self._speech.slow_down()

    def stop_recording(self) -> bool:
        """The trainee would rather not be recorded."""
        return self._on_unwanted is not None and self._on_unwanted()

    def say_goodbye(self) -> None:
        """The closing line is somebody else's to say."""
        self._on_goodbye()

    def line_of(self, event: ConversationItemAddedEvent) -> Line | None:
        """What was just said, as the transcript has it; None where nobody said anything."""
        message = event.item
        if not isinstance(message, ChatMessage) or message.role not in ("user", "assistant"):
            return None
        text = (message.text_content or "").strip()
        if not text:
            return None
        typed = message.role == "user" and text in self._typed
        if typed:
            self._typed.remove(text)
        return Line.model_validate(
            {
                "who": "trainee" if message.role == "user" else "guide",
                "at": message.created_at,
                "text": text,
                "interrupted": message.interrupted,
                "typed": typed,
            }
        )

    def _speak(self, script: RenderedScript) -> None:
        self.script = script
        self.answers.rephrase(script.questions)
        self._on_change()

    def _greeter(self, said: ChatContext | None = None) -> Greeter:
        speech = self._speech
        return Greeter(
            self.script,
            self.answers,
            self,
            ears=speech.ears(self.script.locale) if speech else None,
            voice=speech.voice(self.script.locale, self.script.voice) if speech else None,
            chat_ctx=said,
            may_be_recorded=self._on_unwanted is not None,
        )


def _one_reply(event: FunctionToolsExecutedEvent) -> None:
    """Who hands over, or says goodbye, does not also answer the functions called beside it."""
    leaving = any(call.name == END_GREETING for call in event.function_calls)
    if leaving or event.has_agent_handoff:
        event.cancel_tool_reply()
