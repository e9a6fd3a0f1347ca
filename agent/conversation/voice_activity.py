"""Voice activity detection for the session, which is not told of sound without words."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator
from typing import cast

from livekit import rtc
from livekit.agents.utils import aio
from livekit.agents.vad import VAD, VADCapabilities, VADEvent, VADStream

from agent.conversation.agent_line import AgentLine
from agent.conversation.noise_gate import NoiseGate
from agent.conversation.trainee_sound import TraineeSound
from agent.speech.speech_detector import WINDOW_S, SpeechDetector


class VoiceActivity(VAD):
    """The detector of one conversation, which every agent brings.

    It passes the events of a `SpeechDetector` through a `NoiseGate`.
    """

    def __init__(self, line: AgentLine) -> None:
        super().__init__(capabilities=VADCapabilities(update_interval=WINDOW_S))
        self.sound = TraineeSound(line)
        self._open_streams: weakref.WeakSet[_Stream] = weakref.WeakSet()

    def stream(self) -> VADStream:
        stream = _Stream(self.sound)
        self._open_streams.add(stream)
        return cast(VADStream, stream)

    def turn_over(self) -> None:
        """Report the end of speech, because speech recognition has ended the trainee's turn.

        If the detector still reported speech, the session would flush it and log a warning.
        """
        for stream in self._open_streams:
            stream.end_turn()


class _Stream:
    """The methods of `VADStream` that a session calls."""

    def __init__(self, sound: TraineeSound) -> None:
        self._detector = SpeechDetector()
        self._gate = NoiseGate(sound)
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
