"""The conversation: one script spoken with one trainee, in a room or in a console.

It says lines and answers. The behaviours in `agent.greeting` decide when.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from livekit.agents import (
    NOT_GIVEN,
    AgentSession,
    ConversationItemAddedEvent,
    FunctionToolsExecutedEvent,
)
from livekit.agents.llm import LLM, ChatContext, ChatMessage
from livekit.agents.voice import SpeechHandle

from agent.conversation.agent_line import AgentLine
from agent.conversation.function_tools import END_GREETING, FunctionTools
from agent.conversation.greeting_agent import GreetingAgent, LanguageProviders
from agent.conversation.paused_line import PausedLine
from agent.conversation.session_events import forward_session_events
from agent.conversation.state import GreetingState
from agent.conversation.trainee_words import TraineeWords
from agent.conversation.voice_activity import VoiceActivity
from agent.core.errors import ScriptError
from agent.core.events import (
    Events,
    LanguageChanged,
    LineAdded,
    OpeningFinished,
    OpeningStarted,
)
from agent.core.log import log_task_failure, logger
from agent.core.plain_text import one_line
from agent.core.settings import VoiceSettings
from agent.core.types import Line
from agent.scripts import RenderedScript, script_for, script_in
from agent.scripts.selection import find_locale
from agent.scripts.speakable import estimate_speech_s
from agent.speech.failures import provider_failed
from agent.speech.keyterms import usable_keyterms
from agent.speech.language_speech import LanguageSpeech
from agent.speech.models import FallbackModels
from agent.speech.prepared_line import PreparedLine
from agent.speech.pronunciation import Pronunciation
from agent.speech.session import build_session, build_text_session

_LINE_TIMEOUT_S: Final = 40.0
"""Longest time for a line of a script to be said; `prompts check` allows half of it."""

_OVER_S: Final = 0.02
_CUT_IN: Final = (
    "They have been speaking for a long time, and cannot interrupt you now. Thank them, take up "
    "what they said in one short sentence, and kindly bring the conversation on. Speak their "
    "language."
)

_RENAMED: Final = (
    "They have asked to be called by the name above: use it, and no name you used before."
)


class Conversation:
    """What the agent says. The caller starts `session`."""

    def __init__(
        self,
        llm: LLM[Any],
        state: GreetingState,
        events: Events,
        settings: VoiceSettings | None,
    ) -> None:
        """Create the session and its first agent.

        Args:
            settings: for speech recognition and voices; None for a typed conversation.
        """
        self._state = state
        self._events = events
        self._speech = LanguageSpeech(settings, events) if settings else None
        self._prepared: PreparedLine | None = None
        self._opening_text = ""
        self._opening: SpeechHandle | None = None
        self._typed: list[str] = []
        """Typed lines that are not in the conversation yet."""
        self._lost_lines: list[SpeechHandle] = []
        """Lines that `repeat_line` will say again."""
        self._closing: asyncio.Task[None] | None = None
        for model in llm.models if isinstance(llm, FallbackModels) else ():
            model.on("error", self._on_model_error)
        self._activity = VoiceActivity()
        self.session: AgentSession[GreetingState] = (
            build_session(llm, state, vad=self._activity)
            if settings
            else build_text_session(llm, state)
        )
        self._line = AgentLine(self.session)
        self._paused = PausedLine(self.session, self._line, events)
        self._activity.attach(self._line)
        self._words = TraineeWords(
            self._line,
            self._activity,
            events,
            locale=lambda: state.script.locale,
            line_text=lambda: f"{self.agent.previous_line} {self.agent.current_line}",
        )
        self.session.on("function_tools_executed", _suppress_second_reply)
        self.session.on("conversation_item_added", self._on_item)
        forward_session_events(self.session, events, self._words)
        self._tools = FunctionTools(state, events, self)
        self._update_keyterms()
        self.agent = self._build_agent()

    async def set_trainee_details(self, name: str, metadata: str) -> None:
        """Use the trainee's details from the participant. Call this before the opening."""
        state = self._state
        known = state.metadata.with_participant_details(metadata=metadata, name=name)
        if known == state.metadata:
            return
        state.metadata = known
        script, before = script_for(known, state.library), state.script
        self._use_script(script)
        if (script.name, script.locale) == (before.name, before.locale):
            await self.agent.update_instructions(script.instructions)
            await self.agent.update_tools(self._tools.declared())
        else:
            state.answers.replace(script.questions, state.earlier_answers)
            self.agent = self._build_agent()
            self.session.update_agent(self.agent)
            # update_agent starts a task of the session: let it begin, then wait for its end.
            await asyncio.sleep(0)
            await self.session.wait_for_idle()
        self.prepare_opening()

    async def use_name(self, name: str) -> None:
        """Call the trainee by another name from the next line on.

        Args:
            name: a clean name; see `agent.core.names`.
        """
        state = self._state
        trainee = state.metadata.trainee.model_copy(update={"name": name})
        state.metadata = state.metadata.model_copy(update={"trainee": trainee})
        script = state.script
        self._use_script(script_in(script.locale, script, state.metadata, state.library))
        instructions = [state.script.instructions, state.answers.summary, _RENAMED]
        await self.agent.update_instructions("\n\n".join(filter(None, instructions)))
        if state.opened_at is None:
            self.prepare_opening()

    def prepare_opening(self) -> None:
        """Synthesise the opening before anyone listens, so that it starts at once.

        Call it again if the opening has changed.
        """
        if self._speech is None:
            return
        if self._prepared is not None:
            self._prepared.cancel()
        script = self._state.script
        recorded = self._state.recording is not None and self._state.recording.status == "recording"
        self._opening_text = script.opening_recorded if recorded else script.opening
        self._prepared = PreparedLine(
            self._speech.voice(script.locale, script.voice),
            Pronunciation(self._state.metadata.trainee.name).apply(self._opening_text),
            expected_s=estimate_speech_s(self._opening_text, script.locale),
            events=self._events,
        )

    def listen(self) -> None:
        """Start to recognise speech. Words before the end of the opening are answered after it."""
        self.session.input.set_audio_enabled(True)

    def open(self) -> SpeechHandle:
        """Say the opening to its end; emits `OpeningStarted` and `OpeningFinished`."""
        self.listen()
        audio = self._prepared.audio() if self._prepared else None
        text = self._opening_text or self._state.script.opening
        self._state.opened_at = time.monotonic()
        speech = self.session.say(text, audio=audio or NOT_GIVEN, allow_interruptions=False)
        self._events.emit(OpeningStarted(text))
        self._follow_opening(speech)
        return speech

    def release_words(self) -> None:
        """Answer what the trainee said during the opening; from now on, answer each turn."""
        self._words.release()

    async def answer_typed(self, text: str, *, instructions: str = "") -> None:
        """Answer a typed line. Interrupt the current line if it may be interrupted.

        Args:
            instructions: what the model must know for this reply, in one or two sentences.
        """
        text = one_line(text, len(text))
        if not text:
            return
        await self._interrupt()
        self._typed.append(text)
        self.session.generate_reply(
            user_input=text, instructions=instructions or NOT_GIVEN, input_modality="text"
        )

    async def note_typed(self, text: str) -> None:
        """Add a typed line to the conversation, without a reply of the model."""
        await self._interrupt()
        message = ChatMessage(role="user", content=[one_line(text, len(text))])
        chat_ctx = self.agent.chat_ctx.copy()
        chat_ctx.insert(message)
        await self.agent.update_chat_ctx(chat_ctx)
        self._typed.append(message.text_content or "")
        self._on_item(ConversationItemAddedEvent(item=message))

    async def repeat_on_request(self, text: str) -> None:
        """Say the latest line again, word for word, because the trainee asks for it.

        The check-in is not repeated, but the line before it.

        Args:
            text: what the trainee typed.
        """
        last = self._last_line()
        await self.note_typed(text)
        if last:
            self.session.say(last)

    def _last_line(self) -> str:
        said = [
            message.text_content or ""
            for message in self.agent.chat_ctx.messages()
            if message.role == "assistant"
        ]
        # The line being said is not in the conversation yet, or only the part that was heard.
        lines = [*said, self.agent.previous_line, self.agent.current_line]
        script = self._state.script
        texts = (line.strip().removeprefix(script.moment).strip() for line in reversed(lines))
        return next((text for text in texts if text not in ("", script.check_in)), "")

    async def _interrupt(self) -> None:
        """Wait for a line that may not be interrupted, and interrupt any other."""
        while (speech := self.session.current_speech) and not speech.allow_interruptions:
            await speech.wait_for_playout()
            await asyncio.sleep(_OVER_S)  # let the session notice that the line is over
        await self.session.interrupt()

    def cut_in(self) -> None:
        """Answer what the trainee has said so far, although they have not finished.

        The agent answers afterwards what they say meanwhile.
        """
        text = self._words.unanswered
        self._words.turn_taken()
        self._words.hold()
        if self.agent.recognition is not None:
            # The session reconnects; the audio of the words answered here must not be sent again.
            self.agent.recognition.failover.forget()
        self.session.clear_user_turn()
        speech = self.session.generate_reply(
            user_input=text or NOT_GIVEN,
            instructions=_CUT_IN,
            allow_interruptions=False,
            input_modality="audio",
        )
        speech.add_done_callback(lambda _: self._words.release())

    async def say(self, text: str) -> bool:
        """Say a line of the script after what is being said.

        Returns:
            True if it was heard to its end.
        """
        speech = self.session.say(text)
        try:
            async with asyncio.timeout(_LINE_TIMEOUT_S):
                await speech.wait_for_playout()
        except TimeoutError:
            logger.warning(
                "a line did not finish in time; check the TTS provider",
                extra={"event": "line_timeout", "limit_s": _LINE_TIMEOUT_S},
            )
            return False
        return not speech.interrupted

    def say_soon(self, text: str) -> None:
        """Say a line of the script after what is being said, without waiting for it."""
        self.session.say(text)

    def repeat_line(self) -> None:
        """Say the current or latest line again once it is over, because it was not heard."""
        speech = self.session.current_speech
        if speech is None:
            self._repeat()
        elif speech not in self._lost_lines:
            self._lost_lines.append(speech)
            speech.add_done_callback(self._repeat)

    @property
    def is_speaking(self) -> bool:
        """True while a line is being played, or is paused."""
        return self._line.under_way

    @property
    def is_listening(self) -> bool:
        """True while the agent neither says a line nor generates a reply."""
        return self.session.agent_state == "listening" and not self._line.under_way

    def restart_recognition(self) -> None:
        """Reconnect speech recognition, because it returned no words."""
        if self._speech is not None:
            self._speech.restart_recognition()

    def ask_second_recognition(self) -> bool:
        """Send the audio that Deepgram did not recognise to Gemini.

        Returns:
            False if Gemini is not configured, is in use already, or has just failed.
        """
        recognition = self.agent.recognition
        return recognition is not None and recognition.failover.try_second()

    def leave_second_recognition(self) -> None:
        """Return to Deepgram, because Gemini did not recognise the words either."""
        if self.agent.recognition is not None:
            self.agent.recognition.failover.return_to_first()

    async def close(self, timeout_s: float) -> None:
        """Stop preparing the opening, and close the session.

        Args:
            timeout_s: a session that takes longer goes on closing in the background.
        """
        if self._prepared is not None:
            self._prepared.cancel()
        if self._closing is None:
            self._closing = asyncio.create_task(self.session.aclose(), name="close_session")
            self._closing.add_done_callback(log_task_failure)
        await asyncio.wait({self._closing}, timeout=timeout_s)

    def switch_language(self, locale: str) -> GreetingAgent | None:
        """Continue in another language of the script.

        Returns:
            The agent that takes over with the conversation so far; None if the script is already in
            this language or does not have it.
        """
        found = find_locale(self._state.script.locales, locale) if locale else None
        if found is None or found[0] == self._state.script.locale:
            return None
        state = self._state
        try:
            script = script_in(found[0], state.script, state.metadata, state.library)
        except ScriptError:
            return None  # `script_in` has logged why
        chat_ctx = self.agent.chat_ctx.copy(exclude_instructions=True, exclude_handoff=True)
        self._use_script(script)
        self.agent = self._build_agent(chat_ctx)
        logger.info(
            "switched the language", extra={"event": "language_switched", "locale": script.locale}
        )
        return self.agent

    def slow_down(self) -> bool:
        """Speak more slowly from the next line on, in every language.

        Returns:
            False if the voice has no slower pace.
        """
        script = self._state.script
        return self._speech is not None and self._speech.slow_down(script.locale, script.voice)

    def _use_script(self, script: RenderedScript) -> None:
        self._state.script = script
        self._update_keyterms()
        self._state.answers.rephrase(script.questions)
        self._events.emit(LanguageChanged(script.locale))

    def _update_keyterms(self) -> None:
        """Tell speech recognition the names and words of the script; it reconnects if needed."""
        if self._speech is not None:
            self._speech.keyterms = usable_keyterms(self._state.script.keyterms)
            self.session.update_options(keyterms=self._speech.keyterms)

    def _build_agent(self, chat_ctx: ChatContext | None = None) -> GreetingAgent:
        script, speech = self._state.script, None
        if self._speech is not None:
            speech = LanguageProviders(
                recognition=self._speech.recognition((script.locale, *script.locales)),
                tts=self._speech.voice(script.locale, script.voice),
                words=self._words,
            )
        return GreetingAgent(self._state, self._tools, speech, chat_ctx=chat_ctx)

    def _follow_opening(self, speech: SpeechHandle) -> None:
        self._opening = speech
        speech.add_done_callback(self._on_opening_over)

    def _on_opening_over(self, speech: SpeechHandle) -> None:
        # An opening that was lost is over when `_repeat` has said it again.
        if speech not in self._lost_lines:
            self._events.emit(OpeningFinished(interrupted=speech.interrupted))

    def _repeat(self, speech: SpeechHandle | None = None) -> None:
        text = self.agent.current_line.strip()
        opening = speech is not None and speech is self._opening
        interrupted = speech is not None and speech.interrupted
        if text and not interrupted and self._state.end_reason is None:
            logger.info("repeating a line that was not heard", extra={"event": "line_repeated"})
            again = self.session.say(
                text, add_to_chat_ctx=False, allow_interruptions=NOT_GIVEN if not opening else False
            )
            if opening:
                self._follow_opening(again)
        elif opening:
            self._events.emit(OpeningFinished(interrupted=True))

    def _on_model_error(self, error: Any) -> None:
        if not error.recoverable:
            self._events.emit(provider_failed(error))

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        message = event.item
        if not isinstance(message, ChatMessage) or message.role not in ("user", "assistant"):
            return
        text = (message.text_content or "").strip()
        if not text:
            return
        if message.role == "user":
            self._words.turn_taken()
        typed = message.role == "user" and text in self._typed
        if typed:
            self._typed.remove(text)
        line = Line.model_validate(
            {
                "who": "trainee" if message.role == "user" else "guide",
                "at": message.created_at,
                "text": text,
                "interrupted": message.interrupted,
                "typed": typed,
            }
        )
        self._events.emit(LineAdded(line, message))


def _suppress_second_reply(event: FunctionToolsExecutedEvent) -> None:
    """After a handoff or `end_greeting`, do not also reply to the functions called beside it."""
    ending = any(call.name == END_GREETING for call in event.function_calls)
    if ending or event.has_agent_handoff:
        event.cancel_tool_reply()
