"""Says lines of the script word for word: the opening, any other line, and a line once more.

The model writes the replies; see `greeting_agent`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final

from livekit import rtc
from livekit.agents import NOT_GIVEN, AgentSession
from livekit.agents.voice import SpeechHandle

from agent.conversation.state import GreetingState
from agent.conversation.trainee_words import TraineeWords
from agent.core.events import OpeningFinished, OpeningStarted, RecordingChanged, ScriptChanged
from agent.core.log import logger
from agent.scripts.disclosure import insert_recording_disclosure
from agent.scripts.speakable import estimate_speech_s
from agent.speech.language_speech import LanguageSpeech
from agent.speech.prepared_line import PreparedLine
from agent.speech.pronunciation import Pronunciation

_LINE_TIMEOUT_S: Final = 40.0
"""Longest time for a line of a script to be said; `prompts check` allows half of it."""


class ScriptLines:
    """Emits `OpeningStarted` and `OpeningFinished`."""

    def __init__(
        self,
        session: AgentSession[GreetingState],
        words: TraineeWords,
        speech: LanguageSpeech | None,
    ) -> None:
        self._session = session
        self._state = session.userdata
        self._events = self._state.events
        self.texts = words.line.texts
        self._words = words
        self._speech = speech
        self._prepared: PreparedLine | None = None
        self._opening_text = ""
        self._opening: SpeechHandle | None = None
        self._lost: list[SpeechHandle] = []
        """Lines that `repeat` will say again."""
        self._events.on(ScriptChanged, lambda _: self._prepare_changed_opening())
        self._events.on(RecordingChanged, lambda _: self._prepare_changed_opening())

    def prepare_opening(self) -> None:
        """Synthesise the opening, so that it starts at once, and again whenever it changes."""
        if self._speech is None:
            return
        self.cancel_preparation()
        script = self._state.script
        self._opening_text = opening_line(self._state)
        voice = self._speech.voice(script.locale, script.voice)
        name = self._state.metadata.trainee.name
        self._prepared = PreparedLine(
            voice,
            Pronunciation(name, script.locale, voice=voice.model).apply(self._opening_text),
            expected_s=estimate_speech_s(self._opening_text, script.locale),
            events=self._events,
        )

    def _prepare_changed_opening(self) -> None:
        changed = self._prepared is not None and opening_line(self._state) != self._opening_text
        if changed and self._state.opened_at is None:
            self.prepare_opening()

    def cancel_preparation(self) -> None:
        if self._prepared is not None:
            self._prepared.cancel()

    def say_opening(self) -> SpeechHandle:
        audio = self._prepared.audio() if self._prepared else None
        text = self._opening_text or opening_line(self._state)
        self._state.opened_at = time.monotonic()
        said = self._passed_on(audio) if audio else NOT_GIVEN
        speech = self._session.say(text, audio=said, allow_interruptions=False)
        self._events.emit(OpeningStarted(text))
        self._watch_opening(speech)
        return speech

    async def _passed_on(
        self, audio: AsyncIterator[rtc.AudioFrame]
    ) -> AsyncIterator[rtc.AudioFrame]:
        """Pass on the audio of the opening, and let `words` recognise its echo."""
        async for frame in audio:
            self._words.echo.agent_says(frame)
            yield frame

    def say_soon(self, text: str) -> None:
        """Say a line after what is being said, without waiting for it."""
        self._session.say(text)

    async def say(self, text: str) -> bool:
        """Say a line after what is being said; return True if it was heard to its end."""
        speech = self._session.say(text)
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

    def repeat(self) -> None:
        """Say the current or latest line again once it is over, because it was not heard."""
        speech = self._session.current_speech
        if speech is None:
            self._say_again()
        elif speech not in self._lost:
            self._lost.append(speech)
            speech.add_done_callback(self._say_again)

    def _say_again(self, speech: SpeechHandle | None = None) -> None:
        text = self.texts.current
        opening = speech is not None and speech is self._opening
        interrupted = speech is not None and speech.interrupted
        if text and not interrupted and self._state.end_reason is None:
            logger.info("repeating a line that was not heard", extra={"event": "line_repeated"})
            again = self._session.say(
                text, add_to_chat_ctx=False, allow_interruptions=NOT_GIVEN if not opening else False
            )
            if opening:
                self._watch_opening(again)
        elif opening:
            self._events.emit(OpeningFinished(interrupted=True))

    def _watch_opening(self, speech: SpeechHandle) -> None:
        self._opening = speech
        speech.add_done_callback(self._on_opening_over)

    def _on_opening_over(self, speech: SpeechHandle) -> None:
        # An opening that was lost is over when `_say_again` has said it again.
        if speech not in self._lost:
            self._events.emit(OpeningFinished(interrupted=speech.interrupted))


def opening_line(state: GreetingState) -> str:
    """Return the first line of an agent: the script's opening.

    If the trainee heard it from an earlier agent, return an apology and the open question instead.
    Add the recording disclosure if they have not heard that one.
    """
    script, earlier = state.script, state.earlier.disclosure
    recorded = state.recording is not None and state.recording.status == "recording"
    if earlier is None or not script.resume:
        return script.opening_recorded if recorded else script.opening
    question = state.answers.next_open()
    line = f"{script.resume} {question.ask if question else script.check_in}"
    if recorded and not (earlier.recording and earlier.recording.heard_to_end):
        name = state.metadata.trainee.name
        line = insert_recording_disclosure(line, script.recording_disclosure, given=[name])
    return line
