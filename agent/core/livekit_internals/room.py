"""What a session sends to the room, and its recording.

The import replaces `SpeakingRateStream._spectral_flux` and
`_ParticipantLegacyTranscriptionOutput.capture_text` for the whole process.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any, Final

import numpy as np
from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice.io import AudioOutput
from livekit.agents.voice.recorder_io import RecorderIO
from livekit.agents.voice.room_io import _output as room_output
from livekit.agents.voice.transcription._speaking_rate import SpeakingRateStream


def _loudness_change(_: SpeakingRateStream, audio: np.ndarray[Any, Any], sample_rate: int) -> float:
    """Return how much the loudness changes within the audio; speech has higher values.

    livekit-agents uses the ratio of such values to time captions. Its own measure, the change of
    the spectrum, takes 80 Fourier transforms for each 0.1 s of speech: 2 % of a core while the
    agent speaks, and 0.1 s of CPU time before the first word
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/voice/transcription/_speaking_rate.py).
    """
    length = int(sample_rate * 0.0125)
    windows = audio[: len(audio) // length * length].reshape(-1, length)
    loudness = np.sqrt(np.einsum("ij,ij->i", windows, windows) / length)
    return float(np.abs(np.diff(loudness)).mean()) if len(loudness) > 1 else 0.0


SpeakingRateStream._spectral_flux = _loudness_change  # type: ignore[method-assign, assignment]


async def _capture_nothing(self: object, text: str) -> None:
    """Send no captions in the format before `lk.transcription`.

    RoomIO sends both formats to clients with a protocol below 3, such as livekit-client 2.23, and
    has no option. For each word, the older one sends the whole line again, to all participants,
    which takes 3 % of a job's CPU time. docs/client-protocol.md promises `lk.transcription` only
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/voice/room_io/_output.py).
    """


room_output._ParticipantLegacyTranscriptionOutput.capture_text = _capture_nothing  # type: ignore[method-assign]


def stop_captions(session: AgentSession[Any]) -> None:
    """End the current captions and send no more; the room may then be left at any time.

    livekit-agents logs a warning for each word that it cannot send while the room is being left
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/voice/room_io/_output.py).
    """
    room_io = session._room_io
    for captions in (room_io._agent_tr_output, room_io._user_tr_output) if room_io else ():
        if captions is not None:
            captions.flush()
            captions.set_participant(None)


_VOICE_QUEUE_MS: Final = 200
"""As livekit-agents creates the source of the agent's own track."""


class VoiceTrack:
    """The agent's own audio track, which can be withdrawn while the avatar speaks.

    RoomIO publishes it for the whole session, and has no option. The encoder then takes 2 % of a
    core to encode silence
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/voice/room_io/_output.py).
    """

    def __init__(self, room: rtc.Room, output: AudioOutput) -> None:
        """Find the track of the room's own output; another kind of output has none."""
        self._room = room
        self._output = output if isinstance(output, room_output._ParticipantAudioOutput) else None
        self._withdrawn = False

    async def withdraw(self) -> None:
        """Unpublish it; the output must not be in use."""
        if self._output is None or self._output._publication is None or self._withdrawn:
            return
        self._withdrawn = True
        self._output._subscribed_fut = asyncio.Future()
        # Fails if the room is being left; the track ends with it.
        with contextlib.suppress(rtc.participant.UnpublishTrackError):
            await self._room.local_participant.unpublish_track(self._output._publication.sid)
        # Otherwise the source goes on to produce silence, a hundred times a second.
        await self._output._audio_source.aclose()

    async def publish_again(self) -> None:
        """Publish it if it was withdrawn, and wait until a participant is subscribed to it.

        Speech waits for the subscription, too.
        """
        if self._output is not None and self._withdrawn:
            self._withdrawn = False
            source = self._output._audio_source
            self._output._audio_source = rtc.AudioSource(
                source.sample_rate, source.num_channels, queue_size_ms=_VOICE_QUEUE_MS
            )
            await self._output._publish_track()


class ObservableRecorder(RecorderIO):
    """livekit-agents' recorder of a session, which can also be watched and stopped in mid-line.

    As released it only logs that its file cannot be written, and it drops a line that is being
    spoken when it is closed.
    """

    async def wait_until_stopped(self, timeout_s: float) -> bool:
        """Wait until the file is finished, for any reason; False if it is not within the time."""
        done, _ = await asyncio.wait({self._close_fut}, timeout=timeout_s)
        return bool(done)

    def record_current_line(self) -> None:
        """Add the part of the current line that was played; nothing if no line is being spoken.

        The recorder's own way to add it would tell the session that the line has ended.
        """
        output: Any = self._out_record
        if output is None or output.pending_since is None or output._RecorderAudioOutput__reported:
            return
        started_at = output._RecorderAudioOutput__started_at or output.pending_since
        output._RecorderAudioOutput__place(
            started_at=started_at, offset=0.0, duration=time.time() - started_at
        )
