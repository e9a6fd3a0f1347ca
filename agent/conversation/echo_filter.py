"""Removes the agent's own voice, which clients without echo cancellation send back."""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, AsyncIterator
from typing import Final, Literal

from livekit import rtc
from livekit.agents import stt, utils

from agent.conversation.echo_detector import EchoDetector
from agent.conversation.echo_words import has_words_of, is_echo, may_become_echo
from agent.conversation.trainee_sound import TraineeSound
from agent.conversation.waiting_words import WaitingWords
from agent.core.log import logger

_ECHO_S: Final = 0.7
_LATE_ECHO_S: Final = 2.5
"""How long after the end of a line an echo of it may be heard (`_ECHO_S`) and recognised. Until
`_ECHO_S`, any words count as an echo. After that, only words of the line do."""
_SILENCE_S: Final = 0.6
"""Silence at the end of a turn."""


class EchoFilter:
    """Detects a client that sends an echo, and drops the echo from then on.

    A client is detected by the sound of its microphone, or by a transcript that repeats the line:
    each finds echoes that the other misses. A trainee may repeat the line, too: a transcript does
    not count if the microphone has just sounded different. After that, speech recognition gets
    silence during lines, and words that were said during a line are dropped.
    """

    def __init__(self, sound: TraineeSound, waiting: WaitingWords) -> None:
        self._line = sound.line
        self._sound = sound
        self._waiting = waiting
        self._detector = EchoDetector()
        self._began_in_line = False
        """True if the trainee, or the echo, began the current turn during a line."""
        self._audio_s = 0.0
        """Seconds of audio that were sent on this connection to speech recognition."""

    def connected(self) -> None:
        self._audio_s = 0.0

    def turn_began(self) -> None:
        self._began_in_line = self._is_line_heard

    def agent_says(self, frame: rtc.AudioFrame) -> None:
        """Take note of audio of the agent's line."""
        if not self._sound.hears_echo:
            self._detector.agent_says(frame)

    async def without_echo(
        self, audio: AsyncIterable[rtc.AudioFrame]
    ) -> AsyncIterator[rtc.AudioFrame]:
        """Pass on the audio of the microphone, with silence in place of an echo."""
        async for frame in audio:
            self._listen(frame)
            drops = self._sound.hears_echo and self._is_line_heard
            yield utils.audio.silence_frame_like(frame) if drops else frame

    def _listen(self, frame: rtc.AudioFrame) -> None:
        self._audio_s += frame.duration
        if self._sound.hears_echo:
            return
        if not self._line.under_way:
            self._detector.line_over()
        elif self._detector.hears(frame):
            self._on_detected("sound")

    def drops(self, words: stt.SpeechData) -> bool:
        """True if a transcript must be dropped as an echo; detects clients that send one."""
        if (said_s := _said_at(words)) > 0 and self._audio_s > 0:
            said_at = time.monotonic() - max(self._audio_s - said_s, 0.0)
            self._began_in_line |= self._line.was_heard_at(said_at, _ECHO_S)
        in_line = self._began_in_line or self._line.under_way
        line = self._text_heard
        if self._sound.hears_echo:
            late = _is_recent(self._line.ended_at)
            return in_line or (late and has_words_of(words.text, line))
        if not in_line:
            return False
        together = " ".join([*self._waiting.possible_echo, words.text])
        repeats = is_echo(words.text, line) or is_echo(together, line)
        if repeats and not self._detector.sounds_different:
            self._on_detected("words")
            return True
        return self.is_suspected

    @property
    def is_suspected(self) -> bool:
        """True if the microphone has just sounded like an echo, for too short a time to be sure."""
        return self._detector.suspects_echo

    def suspects(self, text: str) -> bool:
        """True if a transcript is too short to be known as an echo, but may be the start of one."""
        repeats = self._line.under_way and may_become_echo(text, self._text_heard)
        return repeats and not self._detector.sounds_different

    def _on_detected(self, by: Literal["sound", "words"]) -> None:
        self._sound.hears_echo = True
        self._waiting.drop_echo()
        logger.info(
            "the trainee's client has no echo cancellation and sends the agent's own voice; "
            "ignoring its audio while the agent speaks",
            extra={"event": "echo_heard", "detected_by": by},
        )

    @property
    def _text_heard(self) -> str:
        """The words that an echo may have now. The trainee may repeat those of earlier lines."""
        ended_at = self._line.previous_ended_at
        # A line may have two texts, such as a filler phrase and a reply.
        texts = self._line.texts
        is_of_earlier_line = texts.previous_began_at <= ended_at
        if is_of_earlier_line and not _is_recent(ended_at):
            return texts.current
        return texts.both

    @property
    def _is_line_heard(self) -> bool:
        """True during a line and, with echo, shortly after it: its last sound arrives later."""
        lately = time.monotonic() - self._line.ended_at < _ECHO_S
        return self._line.under_way or (self._sound.hears_echo and lately)


def _is_recent(ended_at: float) -> bool:
    """True if an echo of a line that ended then may still be recognised."""
    return time.monotonic() - ended_at < _LATE_ECHO_S


def _said_at(data: stt.SpeechData) -> float:
    """Return where in the audio a transcript began, in seconds; 0 or less if unknown."""
    if data.words and (began := data.words[0].start_time):
        ended = data.words[-1].end_time
        # If the recogniser gives no times, the plugin fills in the same one for both.
        if not ended or ended > began:
            return float(began)
    # Without word times, Flux gives the audio range of the turn, with the silence at its end.
    return data.end_time - _SILENCE_S
