"""The LiveKit Agent that speaks one script in one language, and its nodes of the pipeline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from typing import Final

from livekit import rtc
from livekit.agents import NOT_GIVEN, Agent, APIError, FlushSentinel, ModelSettings, llm, stt, tts
from livekit.agents.voice.io import TimedString
from livekit.agents.voice.transcription.filters import filter_markdown

from agent.conversation.function_tools import FunctionTools, call_of_switch_language, has_asked_next
from agent.conversation.spoken_reply import SpokenReply
from agent.conversation.state import GreetingState
from agent.conversation.timely_reply import Reply, timely_reply
from agent.conversation.trainee_words import TraineeWords
from agent.core.languages import other_locale_of_reply
from agent.speech.continued_reply import said_before_calls
from agent.speech.early_clause import early_parts
from agent.speech.language_speech import LanguageSpeech
from agent.speech.pronunciation import Pronunciation, can_be_said
from agent.speech.silence import with_silence

_STT_RETRY_S: Final = (0.0, 1.0, 3.0, 8.0)
"""Seconds before refused speech recognition is retried, on top of livekit-agents' half second: a
refusal usually lasts for the whole greeting. Audio received meanwhile is kept and recognised
then."""


class GreetingAgent(Agent):
    """The agent in the language and with the instructions of the script in use."""

    def __init__(
        self,
        state: GreetingState,
        tools: FunctionTools,
        words: TraineeWords,
        speech: LanguageSpeech | None,
        *,
        chat_ctx: llm.ChatContext | None = None,
    ) -> None:
        """Create the agent for `state.script`, which takes over with `chat_ctx` if it is given."""
        script = self.script = state.script
        self._state = state
        self._words = words
        self._takes_over = chat_ctx is not None
        self._may_switch = not self._takes_over
        """False for the first reply after a change of language: the model might change it back."""
        self._stt_refusals = 0
        locales = (script.locale, *script.locales)
        self.recognition = recognition = speech.recognition(locales) if speech else None
        super().__init__(
            instructions=state.instructions,
            chat_ctx=NOT_GIVEN if chat_ctx is None else chat_ctx,
            tools=tools.declared(),
            stt=recognition.stt if recognition else NOT_GIVEN,
            turn_handling=recognition.turn_handling if recognition else NOT_GIVEN,
            tts=speech.voice(script.locale, script.voice) if speech else NOT_GIVEN,
            vad=words.activity if speech else NOT_GIVEN,
        )

    @property
    def voice(self) -> str:
        """The model of the voice that speaks the next line; empty without voices."""
        return self.tts.model if isinstance(self.tts, tts.TTS) else ""

    async def on_enter(self) -> None:
        """Answer at once if this agent takes over; the first agent waits for the opening."""
        if self._takes_over:
            self.session.generate_reply()

    async def stt_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncGenerator[stt.SpeechEvent, None]:
        """Recognise speech, and pass on the words to answer now: see `trainee_words`.

        If no provider can be used, wait longer each time before livekit-agents tries again.
        """
        recognition, words = self.recognition, self._words
        assert recognition is not None
        try:
            heard = words.echo.without_echo(with_silence(audio))
            recognised = recognition.failover.recognise(heard)
            async with aclosing(words.filter(recognised)) as passed:
                async for event in passed:
                    self._stt_refusals = 0
                    if recognition.ends_turn(event):
                        words.activity.turn_over()
                    if delays := recognition.delays_after(event):
                        self.session.update_options(endpointing_opts=delays)
                    yield event
        except APIError:
            await asyncio.sleep(_STT_RETRY_S[min(self._stt_refusals, len(_STT_RETRY_S) - 1)])
            self._stt_refusals += 1
            raise

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> Reply:
        """Generate the reply in time, without what the trainee should not hear.

        If it is in another language, switch to it. If the voice can say no word of it, apologise
        instead.
        """
        if has_asked_next(chat_ctx):
            return
        script, spoken = self.script, SpokenReply(self.script.guide)
        may_switch, self._may_switch = self._may_switch, True
        filler = "" if script.filler in said_before_calls(chat_ctx) else script.filler
        reply = Agent.default.llm_node(self, chat_ctx, tools, model_settings)
        unread: list[llm.ChatChunk | str | FlushSentinel] = []
        """The beginning of a reply, as long as the voice could say no word of it."""
        async with aclosing(timely_reply(reply, spoken, filler=filler)) as parts:
            async for part in parts:
                text = spoken.text if may_switch else ""
                if locale := other_locale_of_reply(text, script.locale, script.locales):
                    yield call_of_switch_language(locale)
                    return
                unread.append(part)
                if can_be_said(spoken.text, self.voice):
                    while unread:
                        yield unread.pop(0)
        if unread:
            yield script.apology
        for part in unread:
            if isinstance(part, llm.ChatChunk) and part.delta and part.delta.tool_calls:
                yield part

    async def tts_node(
        self, text: AsyncIterable[str], model_settings: ModelSettings
    ) -> AsyncGenerator[rtc.AudioFrame, None]:
        """Speak a line as `Pronunciation` spells it: `Mohammad` for `Md.`, which captions show.

        Begin with the first clause while the model still writes the rest.
        """
        name, locale = self._state.metadata.trainee.name, self._state.script.locale
        said = Pronunciation(name, locale, voice=self.voice).stream(text)
        async with aclosing(early_parts(said)) as parts:
            async for part in parts:
                async with aclosing(Agent.default.tts_node(self, part, model_settings)) as frames:
                    async for frame in frames:
                        self._words.echo.agent_says(frame)
                        yield frame

    async def transcription_node(
        self, text: AsyncIterable[str | TimedString], model_settings: ModelSettings
    ) -> AsyncGenerator[str | TimedString, None]:
        """Pass the text of a line on to captions, as plain text like that of the voice; keep it."""
        line = self._words.line.texts.begin()
        async for piece in filter_markdown(text):
            line.text += piece
            yield piece
