"""The conversation: one script spoken with one trainee, in a room or in a console.

It says lines and answers. The behaviours in `agent.greeting` decide when. Its parts:

- `script_lines`: the opening and the other lines of the script
- `script_in_use`: changes of language, name and script
- `trainee_words`: which words of the trainee are answered, and when
- `transcript`: the lines that both have said
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from livekit.agents import NOT_GIVEN, AgentSession, FunctionToolsExecutedEvent, SpeechCreatedEvent
from livekit.agents.llm import LLM, ChatMessage
from livekit.agents.voice import SpeechHandle

from agent.conversation.agent_line import AgentLine
from agent.conversation.function_tools import END_GREETING
from agent.conversation.greeting_agent import GreetingAgent
from agent.conversation.script_in_use import ScriptInUse
from agent.conversation.script_lines import ScriptLines
from agent.conversation.session_events import forward_session_events, keep_early_replies
from agent.conversation.state import GreetingState
from agent.conversation.trainee_words import TraineeWords
from agent.conversation.transcript import Transcript
from agent.conversation.voice_activity import VoiceActivity
from agent.conversation.wordless_sound import WordlessSound
from agent.core.livekit_internals.room import stop_captions
from agent.core.livekit_internals.turns import drop_early_reply
from agent.core.settings import VoiceSettings
from agent.core.tasks import start_task
from agent.speech.failures import report_failures
from agent.speech.language_speech import LanguageSpeech
from agent.speech.models import FallbackModels
from agent.speech.recognition_failover import FailoverRecognition
from agent.speech.session import build_session, build_text_session

_OVER_S: Final = 0.02
_CUT_IN: Final = (
    "They have been speaking for a long time, and cannot interrupt you now. Thank them, take up "
    "what they said in one short sentence, and kindly bring the conversation on. Speak their "
    "language."
)


class Conversation:
    """What the agent says. The caller starts `session` with `agent`."""

    def __init__(self, llm: LLM[Any], state: GreetingState, settings: VoiceSettings | None) -> None:
        """Create the session and its first agent; `settings` is None for a typed conversation."""
        self._state = state
        self.session: AgentSession[GreetingState] = (
            build_session(llm, state) if settings else build_text_session(llm, state)
        )
        events = state.events
        speech = LanguageSpeech(settings, events) if settings else None
        self._line = AgentLine(self.session, events)
        activity = VoiceActivity(self._line)
        self._words = TraineeWords(activity, state)
        self._transcript = Transcript(self.session, events)
        self.script_in_use = ScriptInUse(self.session, self._words, speech)
        self.lines = ScriptLines(self.session, self._words, speech)
        self._reply: SpeechHandle | None = None
        """The latest line of the agent that has been created."""
        self._closing: asyncio.Task[None] | None = None
        # It reacts to events, which keep it as long as the session.
        WordlessSound(activity.sound, events)
        for model in llm.models if isinstance(llm, FallbackModels) else ():
            report_failures(model, events)
        forward_session_events(self.session, events)
        keep_early_replies(self.session)
        self.session.on("speech_created", self._on_speech_created)
        self.session.on("function_tools_executed", _suppress_second_reply)

    @property
    def agent(self) -> GreetingAgent:
        return self.script_in_use.agent

    # What the agent says.

    async def repeat_on_request(self, text: str) -> SpeechHandle | None:
        """Say the latest line but the check-in again, if any, because the trainee typed `text`."""
        last = self._last_line()
        await self.note_typed(text)
        return self.session.say(last) if last else None

    def _last_line(self) -> str:
        said = [
            message.text_content or ""
            for message in self.agent.chat_ctx.messages()
            if message.role == "assistant"
        ]
        # The line being said is not in the conversation yet, or only the part that was heard.
        lines = [*said, self.lines.texts.previous, self.lines.texts.current]
        script = self._state.script
        texts = (line.strip().removeprefix(script.filler).strip() for line in reversed(lines))
        return next((text for text in texts if text not in ("", script.check_in)), "")

    @property
    def is_speaking(self) -> bool:
        """True while a line is being played, or is paused."""
        return self._line.under_way

    @property
    def is_listening(self) -> bool:
        """True while the agent neither says a line nor generates a reply."""
        return self.session.agent_state == "listening" and not self._line.under_way

    # What the trainee says and types.

    def listen(self) -> None:
        """Start to recognise speech. Words before the end of the opening are answered after it."""
        self.session.input.set_audio_enabled(True)

    @property
    def has_open_turn(self) -> bool:
        """True if words of the trainee wait for the end of the turn, or of a line."""
        return bool(self._words.unanswered.text)

    def answer_open_turn(self) -> None:
        """Answer the words so far, because speech recognition does not end the turn."""
        self.session.generate_reply(user_input=self._take_open_turn(), input_modality="audio")

    def cut_in(self) -> None:
        """Answer what the trainee has said so far, and afterwards what they say meanwhile."""
        text = self._take_open_turn()
        self._words.hold()
        speech = self.session.generate_reply(
            user_input=text or NOT_GIVEN,
            instructions=_CUT_IN,
            allow_interruptions=False,
            input_modality="audio",
        )
        speech.add_done_callback(lambda _: self._words.release())

    def finish_reply(self, then: str) -> None:
        """Do not let the trainee interrupt the latest reply; say `then`, if any, after it.

        Answer afterwards what they say, and what they have begun to say: the session drops a turn
        that ends meanwhile.
        """
        reply = self._reply
        if reply is None or reply.interrupted or reply.done() or not reply.allow_interruptions:
            return
        reply.allow_interruptions = False
        self._words.hold(self._take_open_turn() if self.has_open_turn else "")
        last = self.session.say(then, allow_interruptions=False) if then else reply
        last.add_done_callback(lambda _: self._words.release())

    def _take_open_turn(self) -> str:
        text = self._words.take_unanswered()
        drop_early_reply(self.session)
        if self.failover is not None:
            # The session reconnects; the audio of the words answered here must not be sent again.
            self.failover.forget()
        self.session.clear_user_turn()
        return text

    async def answer_typed(self, text: str, *, instructions: str = "") -> SpeechHandle:
        """Answer a typed line. Interrupt the current line of the agent if it may be.

        `instructions` is what the model must know for this reply, in one or two sentences.
        """
        await self._interrupt()
        self._transcript.expect_typed(text)
        return self.session.generate_reply(
            user_input=text, instructions=instructions or NOT_GIVEN, input_modality="text"
        )

    async def note_typed(self, text: str) -> None:
        await self._interrupt()
        message = ChatMessage(role="user", content=[text])
        chat_ctx = self.agent.chat_ctx.copy()
        chat_ctx.insert(message)
        await self.agent.update_chat_ctx(chat_ctx)
        self._transcript.expect_typed(text)
        self._transcript.add(message)

    async def _interrupt(self) -> None:
        """Wait for a line that may not be interrupted, and interrupt any other."""
        while (speech := self.session.current_speech) and not speech.allow_interruptions:
            await speech.wait_for_playout()
            await asyncio.sleep(_OVER_S)  # let the session notice that the line is over
        await self.session.interrupt()

    @property
    def failover(self) -> FailoverRecognition | None:
        return self.agent.recognition.failover if self.agent.recognition else None

    async def close(self, timeout_s: float) -> None:
        """Keep the words of an open turn, and close the session, in the background after a time."""
        self.lines.cancel_preparation()
        if self._closing is None:
            self._words.end()
            if self.has_open_turn:
                # The session would keep them, too, but logs two warnings about them.
                words = ChatMessage(role="user", content=[self._take_open_turn()])
                self._transcript.add(words)
            stop_captions(self.session)
            self._closing = start_task(self.session.aclose(), name="close_session")
        await asyncio.wait({self._closing}, timeout=timeout_s)

    def _on_speech_created(self, event: SpeechCreatedEvent) -> None:
        self._reply = event.speech_handle


def _suppress_second_reply(event: FunctionToolsExecutedEvent) -> None:
    """After a handoff or `end_greeting`, do not also reply to the functions called beside it."""
    ending = any(call.name == END_GREETING for call in event.function_calls)
    if ending or event.has_agent_handoff:
        event.cancel_tool_reply()
