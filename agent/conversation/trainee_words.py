"""Decides which recognised words of the trainee reach the session now.

livekit-agents treats every transcript as a turn: it stops the agent and answers. This module drops
or holds back four kinds of transcripts, and checks them in this order:

1. Echo: the agent's own words, from a client without echo cancellation. The session never gets
   them. Once such a client is detected, everything that it sends during a line is dropped. Before
   that, words are dropped if the microphone has just sounded like the line.
2. A backchannel ("mm-hm", "okay") during a line. The session gets it only if the line ends soon
   after it: then it probably answers the question at the end of the line.
3. Words during a line that must be heard to its end, such as the opening. The session gets them
   when the line has ended.
4. A few words that repeat the line, during the line. They may be the first words of an echo. The
   session gets them when the line has ended, if no echo has been detected by then.

All other words are passed on at once. They stop the line if they are enough.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from livekit.agents import utils
from livekit.agents.language import LanguageCode
from livekit.agents.stt import SpeechData, SpeechEvent, SpeechEventType

from agent.conversation.backchannel import is_backchannel
from agent.conversation.echo_filter import EchoFilter
from agent.conversation.state import GreetingState
from agent.conversation.unanswered_words import UnansweredWords
from agent.conversation.voice_activity import VoiceActivity
from agent.conversation.waiting_words import WaitingWords, text_of
from agent.core.events import LineAdded, LineEnded, OpeningFinished, SpeechRecognised
from agent.core.log import logger
from agent.speech.sentences import words_of

_CERTAIN_WORDS: Final = 3
"""A transcript with this many words stops a line, even if it is not final yet."""
_LIKELY_WORDS: Final = 2
"""This many words stop a line if they are recognised twice: the trainee may pause after them."""
_TRANSCRIPTS: Final = (
    SpeechEventType.INTERIM_TRANSCRIPT,
    SpeechEventType.PREFLIGHT_TRANSCRIPT,
    SpeechEventType.FINAL_TRANSCRIPT,
)


class TraineeWords:
    """Filters the events of speech recognition, for all agents of one conversation.

    `filter` is the entry: it reads the recogniser's events and yields those for the session. `take`
    decides about one event, and `_take_words` about words; `_send` passes an event on.
    """

    def __init__(self, activity: VoiceActivity, state: GreetingState) -> None:
        self.activity = activity
        self._sound = activity.sound
        self.line = self._sound.line
        self._state = state
        self._waiting = WaitingWords()
        self.echo = EchoFilter(self._sound, self._waiting)
        self._passed: utils.aio.Chan[SpeechEvent] | None = None
        """The events that the session gets; None while speech recognition is not connected."""
        self._holding = True
        """True between `hold` and `release`."""
        self.unanswered = UnansweredWords()
        """The words passed on since the last spoken message of the trainee."""
        self._latest: SpeechEvent | None = None
        """The transcript of this turn that was passed on last, if it is not final."""
        self._early: SpeechEvent | None = None
        """A transcript for an early reply that waits for the end of the line it has stopped: until
        then, the model would be asked without that line, and once more with it."""
        self._start: SpeechEvent | None = None
        """The recogniser's start of speech, held back until words are passed on."""
        self._turn_open = False
        """True between the recogniser's start and end of speech."""
        state.events.on(LineEnded, lambda _: self._on_line_over())
        state.events.on(LineAdded, self._on_line_added)
        state.events.on(OpeningFinished, lambda _: self.release())

    def hold(self, words: str = "") -> None:
        """Hold back words from now on, and these `words`, until `release`.

        A conversation begins in this state, until the end of the opening.
        """
        self._holding = True
        if words:
            data = SpeechData(LanguageCode(self._state.script.locale), words)
            event = SpeechEvent(SpeechEventType.FINAL_TRANSCRIPT, alternatives=[data])
            self._waiting.held.append(event)

    def release(self) -> None:
        """Deliver the words that were held back as one transcript, and hold back no more."""
        self._holding = False
        if not self.line.under_way:
            # livekit-agents reports the end of a line in any order: `_on_line_over` may follow.
            self._waiting.line_over(self.line.texts.both)
        if self.echo.is_suspected:
            self._waiting.drop_echo()
        self._deliver_held()

    def take_unanswered(self) -> str:
        """Return the words that the caller is about to answer, and drop the early reply to them."""
        self._early = None
        text = self.unanswered.text
        self.unanswered.clear()
        return text

    def end(self) -> None:
        """Count words that were held back as unanswered; deliver no more. The session closes."""
        self._passed = None
        held = self._waiting.take_held()
        if held is not None and not self.echo.is_suspected:
            self.unanswered.add(text_of(held), final=True)

    async def filter(
        self, recognised: AsyncGenerator[SpeechEvent, None]
    ) -> AsyncGenerator[SpeechEvent, None]:
        """Pass on the events of one connection to speech recognition."""
        passed = self._passed = utils.aio.Chan[SpeechEvent]()
        self._turn_open, self._start, self._early = False, None, None
        self.echo.connected()
        reading = asyncio.create_task(
            self._read(recognised, passed), name="filter_recognised_words"
        )
        try:
            if not self._holding:
                self.release()
            async for event in passed:
                yield event
            await reading
        finally:
            await utils.aio.cancel_and_wait(reading)
            if self._passed is passed:
                self._passed = None

    async def _read(
        self, recognised: AsyncGenerator[SpeechEvent, None], passed: utils.aio.Chan[SpeechEvent]
    ) -> None:
        try:
            async with aclosing(recognised):
                async for event in recognised:
                    if self._passed is passed:  # else another connection has replaced this one
                        self.take(event)
        finally:
            passed.close()

    def take(self, event: SpeechEvent) -> None:
        """Pass on one event of the recogniser, keep it for later, or drop it."""
        if event.type is SpeechEventType.START_OF_SPEECH:
            self._turn_open, self._latest, self._early = True, None, None
            self.echo.turn_began()
            self._start = event
            if not (self._holding or self.line.under_way):
                self._send_start()
        elif event.type is SpeechEventType.END_OF_SPEECH:
            self._turn_open, self._early = False, None
            # The session does not know of a turn whose start was not passed on.
            if self._start is None:
                self._send(event)
            self._start = None
        elif event.type not in _TRANSCRIPTS:
            self._send(event)
        elif words_of(text_of(event)):  # models return a lone "." or "…" for noise
            self._take_words(event)

    def _take_words(self, event: SpeechEvent) -> None:
        """Decide about a transcript; the numbers are those of the module."""
        text, final = text_of(event), event.type is SpeechEventType.FINAL_TRANSCRIPT
        self._sound.recognised_at = time.monotonic()
        if self._early is not None and (final or not _same_words(event, self._early)):
            self._early = None
        if not self._turn_open:
            self.echo.turn_began()
        if self.echo.drops(event.alternatives[0]):  # 1
            return
        if self.line.under_way and is_backchannel(text):  # 2
            self._state.events.emit(SpeechRecognised())
            if event.type is not SpeechEventType.INTERIM_TRANSCRIPT:
                self.line.resume()
            if final:
                self._waiting.add_backchannel(event)
        elif self._holding:  # 3
            self._sound.words_heard()
            self._state.events.emit(SpeechRecognised())
            if final:
                self._waiting.held.append(self._waiting.joined_with(event))
        elif self._latest is None and self.echo.suspects(text):  # 4
            if final:
                self._waiting.repeated.append(event)
                self.line.resume()
        else:
            self._pass_on(event, text, final=final)

    def _pass_on(self, event: SpeechEvent, text: str, *, final: bool) -> None:
        """Send the transcript with the words that waited; stop the line if they are enough."""
        latest, count = self._latest, len(words_of(text))
        likely = count >= _CERTAIN_WORDS or (latest is not None and count >= _LIKELY_WORDS)
        # A final transcript makes the session stop a paused line. If the line has been stopped
        # before, the session only resumes its audio.
        if (likely or final) and not (final and self.line.is_paused):
            self.line.interrupt()
        if latest is not None and not final and _same_words(event, latest):
            # Flux repeats its transcript every 0.25 s until the turn ends, and may find its end
            # more than once. Without new words, the trainee is silent
            # (https://developers.deepgram.com/docs/flux/state), and the early reply stands.
            if event.type in (SpeechEventType.INTERIM_TRANSCRIPT, latest.type):
                return
        self._sound.words_heard()
        self.unanswered.add(text, final=final)
        self._latest = None if final else event
        self._send_start()
        if event.type is SpeechEventType.PREFLIGHT_TRANSCRIPT and self.line.under_way:
            self._early = event
        else:
            self._send(self._waiting.joined_with(event) if final else event)

    def _on_line_added(self, event: LineAdded) -> None:
        if event.line.who == "trainee" and not event.line.typed:
            self.unanswered.clear()

    def _on_line_over(self) -> None:
        self._waiting.line_over(self.line.texts.both)
        if not self._holding:
            self._deliver_held()
        if self._early is not None:
            self._send(self._early)  # after the words before it, which it answers, too
            self._early = None

    def _deliver_held(self) -> None:
        if self._passed is None or self._passed.closed:
            return
        held = self._waiting.take_held()
        if held is None:
            return
        logger.info(
            "delivering words that were said during a line",
            extra={"event": "early_words_delivered"},
        )
        self.unanswered.add(text_of(held), final=True)
        self._send_start()
        self._send(held)
        if not self._turn_open:
            # The recogniser has ended this turn already, and will not report its end again.
            self._send(SpeechEvent(type=SpeechEventType.END_OF_SPEECH))

    def _send_start(self) -> None:
        """Send the start of the turn, unless the session has got it."""
        if self._start is not None:
            self._send(self._start)
            self._start = None

    def _send(self, event: SpeechEvent) -> None:
        if self._passed is not None and not self._passed.closed:
            self._passed.send_nowait(event)


def _same_words(event: SpeechEvent, other: SpeechEvent) -> bool:
    """True if two transcripts differ at most in case and punctuation."""
    return words_of(text_of(event)) == words_of(text_of(other))
