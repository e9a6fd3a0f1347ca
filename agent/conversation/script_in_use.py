"""Changes the script during a conversation: another name of the trainee, or another language.

Each change also reaches the answers, speech recognition and the LLM's instructions.
"""

from __future__ import annotations

from livekit.agents import AgentSession
from livekit.agents.llm import ChatContext

from agent.conversation.function_tools import FunctionTools
from agent.conversation.greeting_agent import GreetingAgent
from agent.conversation.state import GreetingState
from agent.conversation.trainee_words import TraineeWords
from agent.core.errors import ScriptError
from agent.core.events import ScriptChanged
from agent.core.log import logger
from agent.core.names import clean_name
from agent.scripts import RenderedScript, script_in
from agent.scripts.selection import find_locale
from agent.speech.keyterms import usable_keyterms
from agent.speech.language_speech import LanguageSpeech


class ScriptInUse:
    """Emits `ScriptChanged`."""

    def __init__(
        self,
        session: AgentSession[GreetingState],
        words: TraineeWords,
        speech: LanguageSpeech | None,
    ) -> None:
        """Create the first agent; `speech` is None for a typed conversation."""
        self._session = session
        self._state = session.userdata
        self._words = words
        self._speech = speech
        self._tools = FunctionTools(self._state, self)
        self._update_keyterms()
        self.agent = self._build_agent()

    async def use_participant_name(self, name: str) -> None:
        """Use the participant's name if the platform sent none."""
        if not self._state.metadata.trainee.name and (name := clean_name(name)):
            await self._use_name(name)

    async def use_chosen_name(self, name: str) -> None:
        """Call the trainee by the clean name that they have chosen from the next line on."""
        self._state.chosen_name = name
        await self._use_name(name)

    async def _use_name(self, name: str) -> None:
        state = self._state
        state.metadata = state.metadata.with_trainee_name(name)
        script = state.script
        self._use(script_in(script.locale, script, state.metadata, state.library))
        await self.agent.update_instructions(state.instructions)

    def switch_language(self, locale: str) -> GreetingAgent | None:
        """Return the agent that takes over in another language; None if the script lacks it."""
        state = self._state
        found = find_locale(state.script.locales, locale) if locale else None
        if found is None or found[0] == state.script.locale:
            return None
        try:
            script = script_in(found[0], state.script, state.metadata, state.library)
        except ScriptError:
            return None  # `script_in` has logged why
        chat_ctx = self.agent.chat_ctx.copy(exclude_instructions=True, exclude_handoff=True)
        self._use(script)
        self.agent = self._build_agent(chat_ctx)
        logger.info(
            "switched the language", extra={"event": "language_switched", "locale": script.locale}
        )
        return self.agent

    def slow_down(self) -> bool:
        """Speak more slowly from the next line on; return False if the voice has no slower pace."""
        script = self._state.script
        return self._speech is not None and self._speech.slow_down(script.locale, script.voice)

    def _use(self, script: RenderedScript) -> None:
        self._state.script = script
        self._update_keyterms()
        self._state.answers.rephrase(script.questions)
        self._state.events.emit(ScriptChanged())

    def _update_keyterms(self) -> None:
        """Tell speech recognition the names and words of the script; it reconnects if needed."""
        if self._speech is not None:
            keyterms = usable_keyterms(self._state.script.keyterms)
            self._speech.use_keyterms(keyterms)
            self._session.update_options(keyterms=keyterms)

    def _build_agent(self, chat_ctx: ChatContext | None = None) -> GreetingAgent:
        self._words.line.texts.clear()
        return GreetingAgent(self._state, self._tools, self._words, self._speech, chat_ctx=chat_ctx)
