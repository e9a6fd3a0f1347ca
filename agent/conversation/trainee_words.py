"""Decides which recognised words of the trainee reach the session now.

livekit-agents treats every transcript as a turn: it stops the agent and answers. This module holds
back three kinds of transcripts:

- Words during a line that must be heard to its end, such as the opening. The session gets them when
  the line has ended.
- A backchannel ("mm-hm", "okay") during a line. The session gets it only if the line ends soon
  after it: then it probably answers the question at the end of the line.
- The agent's own words, from a client without echo cancellation. The session never gets them. Once
  such a client is detected, everything that it sends during a line is dropped.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from livekit import rtc
from livekit.agents import stt, utils
from livekit.agents.stt import SpeechEvent, SpeechEventType

from agent.conversation.agent_line import AgentLine
from agent.conversation.backchannel import is_backchannel, words_of
from agent.conversation.echo import has_words_of, is_echo
from agent.conversation.voice_activity import VoiceActivity
from agent.core.events import Events, SpeechRecognised
from agent.core.log import logger

_ANSWER_S: Final = 2.0
"""A backchannel is an answer if the line ends within this time."""
_CERTAIN_WORDS: Final = 3
"""A transcript with this many words stops a line, even if it is not final yet."""
_LIKELY_WORDS: Final = 2
"""This many words stop a line if they are recognised twice: the trainee may pause after them."""
_YES: Final = frozenset("yes yeah yep ja jo sí si oui ouais".split())
_ECHO_S: Final = 0.7
_LATE_ECHO_S: Final = 2.5
"""How long after the end of a line an echo of it may be heard (`_ECHO_S`) and recognised. Until
`_ECHO_S`, any words count as an echo. After that, only words of the line do."""
_SILENCE_S: Final = 0.6
"""Silence at the end of a turn."""
_TRANSCRIPTS: Final = (
    SpeechEventType.INTERIM_TRANSCRIPT,
    SpeechEventType.PREFLIGHT_TRANSCRIPT,
    SpeechEventType.FINAL_TRANSCRIPT,
)


class TraineeWords:
    """Filters the events of speech recognition, for all agents of one conversation.

    `filter` is the entry: it reads the recogniser's events and yields those for the session. `take`
    decides about one event.
    """

    def __init__(
        self,
        line: AgentLine,
        activity: VoiceActivity,
        events: Events,
        *,
        locale: Callable[[], str],
        line_text: Callable[[], str],
    ) -> None:
        """Follow the agent's lines from now on.

        Args:
            locale: returns the locale of the script in use.
            line_text: returns the text of the current line and of the one before it.
        """
        self._line = line
        self._activity = activity
        self._events = events
        self._locale = locale
        self._line_text = line_text
        self._passed: utils.aio.Chan[SpeechEvent] | None = None
        """The events that the session gets; None while speech recognition is not connected."""
        self._holding = True
        """True between `hold` and `release`."""
        self._early: list[SpeechEvent] = []
        """Final transcripts that are held back until `release`."""
        self._finals: list[str] = []
        self._interim = ""
        """Final and interim texts that were passed on since the last message of the trainee."""
        self._backchannel: SpeechEvent | None = None
        """The backchannel that is held back until the end of the line."""
        self._backchannel_at = 0.0
        self._passed_in_turn = False
        """True if words of this turn that are not final yet were passed on."""
        self._start: SpeechEvent | None = None
        """The recogniser's start of speech, held back until words are passed on."""
        self._turn_open = False
        """True between the recogniser's start and end of speech."""
        self._began_in_line = False
        """True if the trainee, or the echo, began to speak during a line."""
        self._words_at = 0.0
        """When words were last recognised, in seconds since the epoch."""
        self._audio_s = 0.0
        """Seconds of audio that were sent on this connection to speech recognition."""
        line.when_over(self._on_line_over)

    def hold(self) -> None:
        """Hold back words from now on, until `release`. A conversation begins in this state."""
        self._holding = True

    def release(self) -> None:
        """Deliver the words that were held back as one transcript, and hold back no more."""
        self._holding = False
        if self._passed is None or not self._early:
            return
        early, self._early = self._early, []
        logger.info(
            "delivering words that were said during a line",
            extra={"event": "early_words_delivered", "transcripts": len(early)},
        )
        self._deliver(_joined(early))

    @property
    def unanswered(self) -> str:
        """The words passed on since the last message of the trainee, final or not."""
        return " ".join(filter(None, [*self._finals, self._interim]))

    def turn_taken(self) -> None:
        """Note that the session has made a message of the words passed on so far."""
        self._finals, self._interim = [], ""

    def turn_over(self) -> None:
        """Note that speech recognition has ended the trainee's turn."""
        self._activity.turn_over()

    def heard_since(self, at: float) -> bool:
        """True if words were recognised after a moment, in seconds since the epoch."""
        return self._words_at >= at

    async def filter(
        self, recognised: AsyncGenerator[SpeechEvent, None]
    ) -> AsyncGenerator[SpeechEvent, None]:
        """Pass on the events of one connection to speech recognition."""
        passed = self._passed = utils.aio.Chan[SpeechEvent]()
        self._turn_open, self._start = False, None
        self._audio_s = 0.0

        async def read() -> None:
            try:
                async with aclosing(recognised):
                    async for event in recognised:
                        for ready in self.take(event):
                            passed.send_nowait(ready)
            finally:
                passed.close()

        reading = asyncio.create_task(read(), name="filter_recognised_words")
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

    async def without_echo(
        self, audio: AsyncIterable[rtc.AudioFrame]
    ) -> AsyncIterator[rtc.AudioFrame]:
        """Pass on the audio of the microphone, with silence in place of an echo.

        Counts its seconds, because recognition reports times in them.
        """
        async for frame in audio:
            self._audio_s += frame.duration
            is_echo = self._activity.hears_echo and self._is_line_heard
            yield utils.audio.silence_frame_like(frame) if is_echo else frame

    def take(self, event: SpeechEvent) -> list[SpeechEvent]:
        """Return the events to pass on for one event of the recogniser."""
        if event.type is SpeechEventType.START_OF_SPEECH:
            self._turn_open, self._began_in_line = True, self._is_line_heard
            self._passed_in_turn = False
            self._start = event if self._holding or self._line.under_way else None
            return [event] if self._start is None else []
        if event.type is SpeechEventType.END_OF_SPEECH:
            self._turn_open = self._began_in_line = False
            start, self._start = self._start, None
            return [event] if start is None else []
        text = event.alternatives[0].text.strip() if event.alternatives else ""
        if event.type not in _TRANSCRIPTS or not text:
            return [event]
        if not self._turn_open:
            self._began_in_line = self._is_line_heard
        if (said_s := _said_at(event.alternatives[0])) > 0 and self._audio_s > 0:
            said_at = time.monotonic() - max(self._audio_s - said_s, 0.0)
            self._began_in_line |= self._line.was_heard_at(said_at, _ECHO_S)
        self._words_at = time.time()
        if self._is_echo(text):
            return []
        final = event.type is SpeechEventType.FINAL_TRANSCRIPT
        if self._holding:
            self._activity.words_heard()
            self._events.emit(SpeechRecognised())
            self._early += [event] * final
            return []
        if self._line.under_way and is_backchannel(text, self._locale()):
            self._events.emit(SpeechRecognised())
            if final:
                self._backchannel, self._backchannel_at = event, time.monotonic()
                self._line.resume()
            return []
        return self._pass(event, text, final=final)

    def _pass(self, event: SpeechEvent, text: str, *, final: bool) -> list[SpeechEvent]:
        self._activity.words_heard()
        self._interim = "" if final else text
        self._finals += [text] * final
        words = len(words_of(text))
        likely = words >= _LIKELY_WORDS and self._passed_in_turn
        if final or likely or words >= _CERTAIN_WORDS:
            self._line.interrupt()
        self._passed_in_turn = not final
        start, self._start = self._start, None
        if final and self._backchannel is not None:
            event = _joined([self._backchannel, event])
            self._backchannel = None
        return [event] if start is None else [start, event]

    @property
    def _is_line_heard(self) -> bool:
        """True during a line and, with echo, shortly after it: its last sound arrives later."""
        lately = time.monotonic() - self._line.ended_at < _ECHO_S
        return self._line.under_way or (self._activity.hears_echo and lately)

    def _is_echo(self, text: str) -> bool:
        """True if a transcript must be dropped as an echo; detects clients that send one."""
        late = time.monotonic() - self._line.ended_at < _LATE_ECHO_S
        in_line = self._began_in_line or self._line.under_way
        if self._activity.hears_echo:
            return in_line or (late and has_words_of(text, self._line_text()))
        if not in_line:
            return False
        early = [event.alternatives[0].text for event in self._early]
        line = self._line_text()
        if not (is_echo(text, line) or is_echo(" ".join([*early, text]), line)):
            return False
        self._activity.hears_echo = True
        self._early.clear()
        logger.info(
            "the trainee's client has no echo cancellation and sends the agent's own voice; "
            "ignoring its audio while the agent speaks",
            extra={"event": "echo_heard"},
        )
        return True

    def _on_line_over(self) -> None:
        held, self._backchannel = self._backchannel, None
        if held is not None and (
            time.monotonic() - self._backchannel_at < _ANSWER_S or self._says_yes(held)
        ):
            self._deliver(held)

    def _says_yes(self, event: SpeechEvent) -> bool:
        """True for a "yes" during a line that ends with a question."""
        words = words_of(event.alternatives[0].text)
        return self._line_text().rstrip().endswith("?") and not _YES.isdisjoint(words)

    def _deliver(self, event: SpeechEvent) -> None:
        if self._passed is None or self._passed.closed:
            return
        start, self._start = self._start, None
        for passed in (start, event):
            if passed is not None:
                self._passed.send_nowait(passed)
        if not self._turn_open:
            # The recogniser has ended this turn already, and will not report its end again.
            self._passed.send_nowait(SpeechEvent(type=SpeechEventType.END_OF_SPEECH))


def _said_at(data: stt.SpeechData) -> float:
    """Return where in the audio a transcript began, in seconds; 0 or less if unknown."""
    if data.words and (began := data.words[0].start_time):
        ended = data.words[-1].end_time
        # If the recogniser gives no times, the plugin fills in the same one for both.
        if not ended or ended > began:
            return float(began)
    # Without word times, Flux gives the audio range of the turn, with the silence at its end.
    return data.end_time - _SILENCE_S


def _joined(events: list[SpeechEvent]) -> SpeechEvent:
    last = events[-1]
    text = " ".join(event.alternatives[0].text.strip() for event in events)
    data: stt.SpeechData = replace(last.alternatives[0], text=text)
    return replace(last, alternatives=[data])
