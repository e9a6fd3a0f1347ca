"""Voice activity detection that stops treating sound as speech if it has no words.

While the detector reports speech, livekit-agents pauses a line and does not begin the next one. A
machine or a crowd can sound like speech for minutes.

`VoiceActivity` is the detector of a conversation, which every agent brings. It passes the events of
a `SpeechDetector` through a `NoiseGate`.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Final, cast

from livekit import rtc
from livekit.agents.utils import aio
from livekit.agents.vad import VAD, VADCapabilities, VADEvent, VADEventType, VADStream

from agent.conversation.agent_line import AgentLine
from agent.speech.speech_detector import WINDOW_S, SpeechDetector

_NO_WORDS_DURING_LINE_S: Final = 1.0
"""Sound during a line, or while a reply is generated, counts as noise after this time if it has
had no words."""
_WORDLESS_DURING_LINE_S: Final = 2.0
"""The same after words: the trainee may hesitate."""
_WORDLESS_S: Final = 4.0
"""The same while the agent listens; longer, because some models send no interim results."""
_WORDLESS_MAX: Final = 3
"""After this many sounds in a row without words during lines, only words pause a line."""


class VoiceActivity(VAD):
    def __init__(self, line: AgentLine) -> None:
        super().__init__(capabilities=VADCapabilities(update_interval=WINDOW_S))
        self.line = line
        self.wordless_in_row = 0
        """Sounds in a row without words, during lines."""
        self.words_at = 0.0
        """When words were last recognised, on the monotonic clock."""
        self._open_streams: weakref.WeakSet[_Stream] = weakref.WeakSet()
        self._on_sound: list[Callable[[VADEvent], None]] = []
        self.hears_echo = False
        """True if the client sends the agent's own voice. Sound then does not pause a line."""

    def words_heard(self) -> None:
        """Note that speech recognition has found words in the current sound."""
        self.words_at = time.monotonic()
        self.wordless_in_row = 0

    def when_sound(self, callback: Callable[[VADEvent], None]) -> None:
        """Call `callback` at the start and at the end of each sound that may be speech.

        If noise goes on without an end, it counts as another sound every `_WORDLESS_S`.
        """
        self._on_sound.append(callback)

    def report(self, event: VADEvent) -> None:
        for callback in self._on_sound:
            callback(event)

    def stream(self) -> VADStream:
        stream = _Stream(self)
        self._open_streams.add(stream)
        return cast(VADStream, stream)

    def turn_over(self) -> None:
        """Report the end of speech, because speech recognition has ended the trainee's turn.

        If the detector still reported speech, the session would flush it and log a warning.
        """
        for stream in self._open_streams:
            stream.end_turn()

    @property
    def ignores_sound(self) -> bool:
        """True if only words may pause the line that is being said."""
        only_words = self.hears_echo or self.wordless_in_row >= _WORDLESS_MAX
        return self.line.under_way and only_words

    def wordless_max_s(self, began_at: float) -> float:
        """How long a sound counts as speech after its start, or its latest words."""
        if not self.line.is_due:
            return _WORDLESS_S
        has_words = self.words_at > began_at
        return _WORDLESS_DURING_LINE_S if has_words else _NO_WORDS_DURING_LINE_S


class NoiseGate:
    """Decides for each event of the detector which events the session gets.

    While the gate is closed, the session gets no events: the current sound is noise.
    """

    def __init__(self, activity: VoiceActivity) -> None:
        self._activity = activity
        self._began_at = 0.0
        self._in_line = False
        self._closed = False
        """True while the current sound counts as noise."""
        self._closed_at = 0.0
        """When the gate closed; only later words open it again."""
        self._latest: VADEvent | None = None
        """The latest event that was passed on as speech; None if the latest was silence."""
        self._turn_over = False
        """True after `end_turn`, until the detector reports an end of speech or new speech."""

    def end_turn(self) -> list[VADEvent]:
        """Return the events to pass on because the trainee's turn is over."""
        # The final transcript of this turn must not open the gate for the noise that goes on.
        self._closed_at = time.monotonic()
        if self._latest is None or self._turn_over:
            return []
        self._turn_over = True
        quiet = self._latest.raw_accumulated_silence
        kind = VADEventType.END_OF_SPEECH
        return [replace(self._latest, type=kind, speaking=False, silence_duration=quiet)]

    def take(self, event: VADEvent) -> list[VADEvent]:
        """Return the events to pass on for one event of the detector."""
        passed = self._without_noise(event)
        if self._turn_over:
            passed = [again for event in passed for again in self._after_turn(event)]
        for each in passed:
            if each.type is not VADEventType.INFERENCE_DONE:
                self._activity.report(each)
            ended = each.type is VADEventType.END_OF_SPEECH or not each.speaking
            self._latest = None if ended else each
        return passed

    def _after_turn(self, event: VADEvent) -> list[VADEvent]:
        """Report silence until the detector reports an end of speech, or new speech."""
        if event.type is VADEventType.END_OF_SPEECH:
            self._turn_over = False
            return []
        if event.type is VADEventType.START_OF_SPEECH:
            self._turn_over = False
            return [event]
        if event.speaking and event.raw_accumulated_silence == 0:
            # The sound may be noise that went on after the last words.
            self._turn_over = False
            self._began_at, self._in_line = time.monotonic(), self._activity.line.under_way
            return [replace(event, type=VADEventType.START_OF_SPEECH), event]
        return [replace(event, speaking=False)]

    def _without_noise(self, event: VADEvent) -> list[VADEvent]:
        activity, now = self._activity, time.monotonic()
        if event.type is VADEventType.START_OF_SPEECH:
            self._began_at = self._closed_at = now
            self._closed = activity.ignores_sound
            self._in_line = activity.line.under_way
            return [] if self._closed else [event]
        if event.type is VADEventType.END_OF_SPEECH:
            closed, self._closed = self._closed, False
            if self._in_line and activity.words_at <= self._began_at:
                activity.wordless_in_row += 1
            return [] if closed else [event]
        if not event.speaking:
            return [event]
        self._in_line = self._in_line or activity.line.under_way
        if self._closed:
            if activity.words_at <= self._closed_at:
                if now - self._closed_at > _WORDLESS_S and not activity.line.is_due:
                    self._closed_at = now
                    end = VADEventType.END_OF_SPEECH
                    activity.report(replace(event, type=end, speech_duration=_WORDLESS_S))
                return []
            self._closed = False
            return [replace(event, type=VADEventType.START_OF_SPEECH), event]
        latest_at = max(self._began_at, activity.words_at)
        if now - latest_at > activity.wordless_max_s(self._began_at):
            self._closed, self._closed_at = True, now
            return [replace(event, type=VADEventType.END_OF_SPEECH, silence_duration=0.0)]
        return [event]


class _Stream:
    """The methods of `VADStream` that a session calls."""

    def __init__(self, activity: VoiceActivity) -> None:
        self._detector = SpeechDetector()
        self._gate = NoiseGate(activity)
        self._passed = aio.Chan[VADEvent]()

    def end_turn(self) -> None:
        if not self._passed.closed:
            self._pass(self._gate.end_turn())

    def push_frame(self, frame: rtc.AudioFrame) -> None:
        for event in self._detector.take(frame):
            self._pass(self._gate.take(event))

    def flush(self) -> None:
        self._detector.reset()

    async def aclose(self) -> None:
        self._passed.close()

    def __aiter__(self) -> AsyncIterator[VADEvent]:
        return self._passed

    def _pass(self, events: list[VADEvent]) -> None:
        for event in events:
            self._passed.send_nowait(event)
