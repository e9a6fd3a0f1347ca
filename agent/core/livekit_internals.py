"""Every private attribute of livekit-agents and its plugins that the worker uses.

Each has the reason, and `tests/unit/test_livekit_internals.py` fails if the locked version (1.8.9)
no longer has it. Nothing else in the worker touches a private attribute of these packages, except
the three that livekit-agents expects in every provider: `_run`, `_event_ch` and `_prewarm_impl`.

The import of this module replaces five functions for the whole process:
`_requires_thought_signatures`, `SpeakingRateStream._spectral_flux`,
`_ParticipantLegacyTranscriptionOutput.capture_text`, and `_try_recovery` of `FallbackLLMStream` and
of `FallbackSynthesizeStream`.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from abc import ABC
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

import aiohttp
import numpy as np
from aiohttp import WSMsgType, web
from google import genai
from google.genai import types
from livekit import api, rtc
from livekit.agents import AgentServer, AgentSession, APIConnectionError, inference, llm
from livekit.agents.cli import cli, proto
from livekit.agents.inference.eot.languages import LOCAL_LANGUAGES
from livekit.agents.ipc.job_executor import JobExecutor, JobStatus
from livekit.agents.llm.fallback_adapter import FallbackLLMStream
from livekit.agents.tts.fallback_adapter import FallbackSynthesizeStream
from livekit.agents.utils import http_context
from livekit.agents.utils.http_server import HttpServer
from livekit.agents.voice.io import AudioOutput
from livekit.agents.voice.recorder_io import RecorderIO
from livekit.agents.voice.room_io import _output as room_output
from livekit.agents.voice.transcription._speaking_rate import SpeakingRateStream
from livekit.plugins import deepgram, google
from livekit.protocol.agent import Job


def set_gemini_tts_timeout(
    voice: google.beta.GeminiTTS, access: Mapping[str, Any], timeout_ms: int
) -> None:
    """Give a Gemini voice a time limit for each request.

    The plugin has no option for it and waits without limit
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-plugins/livekit-plugins-google/livekit/plugins/google/beta/gemini_tts.py).
    The client would send the same limit to Google, which refuses less than 10 s with status 400.
    """
    options = types.HttpOptions(timeout=timeout_ms, headers={"X-Server-Timeout": "10"})
    voice._client = genai.Client(**access, http_options=options)


_IDLE_CONNECTION_S: Final = 120.0
"""As in livekit-agents' own session, which the other providers use."""


async def keep_idle_connections(model: google.LLM) -> None:
    """Let a Gemini model use a connection again that was idle for up to two minutes.

    google-genai 3.4 has aiohttp's default, 15 s, and no option for it. A line and the trainee's
    answer often take longer, so that the reply would wait for a new connection and for TLS: two to
    three round trips.
    """
    session = await model._client._api_client._get_aiohttp_session()
    connector = getattr(session, "connector", None)
    if isinstance(connector, aiohttp.TCPConnector):
        connector._keepalive_timeout = _IDLE_CONNECTION_S


class ReplyCutShortError(APIConnectionError):
    """The reply ended in the middle: the model has no tokens left, or the connection was lost."""

    def __init__(self) -> None:
        super().__init__("gemini: the reply was cut short", retryable=False)


class GeminiLLM(google.LLM):
    """The Gemini plugin's model. It raises `ReplyCutShortError` after such a reply.

    The plugin does not say why a reply ended
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-plugins/livekit-plugins-google/livekit/plugins/google/llm.py).

    It also continues function calls that it did not make.

    Gemini 3 and later refuse a function call without its thought signature. The plugin keeps only
    the signatures of its own model. It keeps none of a model with a name like
    `gemini-flash-latest` (https://github.com/livekit/agents/issues/6135). For other calls, Google
    documents a value that it accepts: https://ai.google.dev/gemini-api/docs/thought-signatures.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.own_calls: set[str] = set()
        """Ids of the function calls that this model has made."""
        self._thought_signatures = _Signatures(self.own_calls)
        models = self._client.aio.models
        models.generate_content_stream = _checked(models.generate_content_stream)  # type: ignore[method-assign]


def _checked(generate: Callable[..., Awaitable[AsyncIterator[Any]]]) -> Callable[..., Any]:
    """Raise `ReplyCutShortError` at the end of a stream whose reply is not complete."""

    async def generate_checked(**request: Any) -> AsyncIterator[Any]:
        responses = await generate(**request)

        async def checked() -> AsyncIterator[Any]:
            reason = None
            async for response in responses:
                for candidate in response.candidates or ():
                    reason = candidate.finish_reason or reason
                yield response
            if reason in (None, types.FinishReason.MAX_TOKENS):
                raise ReplyCutShortError

        return checked()

    return generate_checked


class _Signatures(dict[str, bytes]):
    """Thought signatures by call id, with the documented value for calls of another model."""

    def __init__(self, own_calls: set[str]) -> None:
        super().__init__()
        self._own_calls = own_calls

    def __bool__(self) -> bool:
        return True  # the plugin ignores an empty dict

    def get(self, call_id: str, default: Any = None) -> Any:
        """Return the signature of a call. Of parallel calls, only the first one has a signature."""
        if call_id in self._own_calls:
            return super().get(call_id, default)
        return super().get(call_id, b"skip_thought_signature_validator")


def _requires_thought_signatures(model: str) -> bool:
    return re.search(r"gemini-[12]\.", model.lower()) is None or "gemini-2.5" in model.lower()


# The plugin decides by "gemini-3" or "gemini-2.5" in the name, which `gemini-flash-latest` lacks.
google.llm._requires_thought_signatures = _requires_thought_signatures


class LocalTurnDetector(inference.TurnDetector):
    """LiveKit's detector of the end of a turn that runs in this process, with lower thresholds.

    As released it logs a warning for every threshold that is not its own.
    """

    def __init__(self, strictness: float) -> None:
        """Load nothing yet.

        Args:
            strictness: the share of the detector's own threshold for each language.
        """
        thresholds = {language: own * strictness for language, own in LOCAL_LANGUAGES.items()}
        super().__init__(version="v1-mini", unlikely_threshold=thresholds)

    def _warn_threshold_override(self) -> None:
        """Log nothing."""


async def renew_voice_connection(voice: deepgram.TTS, timeout_s: float) -> None:
    """Close the connections of lines that were cut short, and open one for the next line.

    The plugin does both when the next line begins: it waits until Deepgram has closed the old
    connection, and then for a new one
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/utils/connection_pool.py).
    """

    async def connect() -> None:
        async with voice._pool.connection(timeout=timeout_s):
            pass

    await asyncio.gather(voice._pool._drain_to_close(), connect())


class DeepgramTTS(deepgram.TTS):
    """The Deepgram plugin's voice. It sends nothing on a connection that Deepgram has closed.

    The plugin says goodbye on every connection that it replaces, and logs a warning if it cannot
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-plugins/livekit-plugins-deepgram/livekit/plugins/deepgram/tts.py).
    """

    async def _close_ws(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        if await _is_closed(ws):
            await ws.close()
        else:
            await super()._close_ws(ws)


_UNREAD_WITHIN_S: Final = 0.001
"""A message that Deepgram sent to an idle connection is read within this time."""


async def forget_closed_connections(voice: deepgram.TTS) -> None:
    """Forget idle connections that Deepgram has closed.

    The plugin would send the next line on such a connection, and log two warnings.
    """
    pool = voice._pool
    idle = list(pool._available)
    pool._available.clear()  # no other line may use them meanwhile
    for socket in idle:
        if await _is_closed(socket):
            pool._connections.pop(socket, None)
            pool._retired.discard(socket)
        else:
            pool.put(socket)


async def _is_closed(socket: aiohttp.ClientWebSocketResponse) -> bool:
    try:
        message = await socket.receive(timeout=_UNREAD_WITHIN_S)
    except TimeoutError:
        return False
    return message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)


def prepare_early_reply_again(session: AgentSession[Any]) -> None:
    """Begin the early reply again if there is one and the conversation has changed since.

    At the end of the turn, livekit-agents uses a reply only if the conversation is the same as when
    the reply was begun
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/voice/agent_activity.py).
    """
    activity = session._activity
    early = activity._preemptive_generation if activity else None
    if activity and early and not early.chat_ctx.is_equivalent(activity.agent.chat_ctx):
        activity.on_preemptive_generation(early.info)


def drop_early_reply(session: AgentSession[Any]) -> bool:
    """Drop the early reply, so that the end of the turn begins another one.

    Returns:
        False if there is none.
    """
    activity = session._activity
    if activity is None or activity._preemptive_generation is None:
        return False
    activity._cancel_preemptive_generation()
    return True


def load_tls_certificates() -> None:
    """Build the TLS context of livekit-agents' HTTP session, which takes 10 to 20 ms.

    It is cached for the process and its forks; there is no public function that builds it early.
    """
    http_context._create_ssl_context()


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


class UnmeasuredLLMStream(llm.LLMStream, ABC):
    """A stream that wraps the stream of another model, and adds no spans or metrics.

    livekit-agents' own FallbackAdapter sets the same attributes for the same reason.
    """

    _llm_request_span_name = "llm_checked"
    _llm_attempt_span_name = None
    _genai_operation_name = None

    async def _metrics_monitor_task(self, event_aiter: AsyncIterable[llm.ChatChunk]) -> None:
        async for _ in event_aiter:
            pass


_PROBE_EVERY_S: Final = 15.0
_next_probe_at: Final[WeakKeyDictionary[object, float]] = WeakKeyDictionary()


def may_probe(provider: object) -> bool:
    """Return True if a failed provider may be tried again now: after a while, then at intervals."""
    now = time.monotonic()
    if now < _next_probe_at.setdefault(provider, now + _PROBE_EVERY_S):
        return False
    _next_probe_at[provider] = now + _PROBE_EVERY_S
    return True


def _limit_probes(stream: Any) -> None:
    """Let the streams of a fallback adapter try a failed provider only if `may_probe` allows it.

    The adapters repeat every request at every failed provider and have no option for it. That
    doubles calls and costs while a provider is down
    (https://github.com/livekit/agents/issues/4464).
    """
    try_recovery = stream._try_recovery

    def limited(self: object, provider: object) -> None:
        if may_probe(provider):
            try_recovery(self, provider)

    stream._try_recovery = limited


_limit_probes(FallbackLLMStream)
_limit_probes(FallbackSynthesizeStream)


def run_agent_server(server: AgentServer, *, log_level: str, dev: bool) -> None:
    """Run the server until SIGTERM or Ctrl-C, as `python -m livekit.agents start` does.

    The public `cli.run_app` is deprecated and logs so; there is no other public function
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/__main__.py).
    """
    cli._run_worker(server, proto.CliArgs(log_level=log_level, dev=dev))


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


class ObservableAgentServer(AgentServer):
    """LiveKit's AgentServer with hooks for health pages and for jobs that died.

    As released, it exits with code 0 when LiveKit has closed the worker's connection. It reports
    healthy while it is not registered. It does not report that a job's process has died.
    """

    def __init__(self, **options: Any) -> None:
        self._gave_up = False
        self._health_server: HttpServer | None = None
        super().__init__(**options)

    @property
    def registered(self) -> bool:
        """True while LiveKit can dispatch jobs to this worker."""
        return not self._connection_failed

    @property
    def idle_processes(self) -> int:
        """Job processes that are ready or starting; the worker must have started."""
        return sum(process.running_job is None for process in self._proc_pool.processes)

    def keep_idle_processes(self, count: int) -> None:
        """Keep `count` job processes ready, `num_idle_processes` at most.

        AgentServer changes this number by CPU load, and has no option to set it.
        """
        self._proc_pool.set_target_idle_processes(count)

    def add_health_pages(self, app: web.Application) -> None:
        """Add routes to the health server; called before it starts."""

    async def on_job_died(self, job: Job, agent_identity: str, livekit: api.LiveKitAPI) -> None:
        """Clean up after a job whose process died; LiveKit shows its participant for another 20
        s."""

    async def _update_job_status(self, proc: JobExecutor) -> None:
        await super()._update_job_status(proc)
        if proc.running_job is not None and proc.status is JobStatus.FAILED:
            assert self._api is not None
            identity = proc.running_job.accept_arguments.identity
            await self.on_job_died(proc.running_job.job, identity, self._api)

    # AgentServer's health page reads this flag.
    @property
    def _connection_failed(self) -> bool:
        return self._gave_up or self._connecting or self.id == "unregistered"

    @_connection_failed.setter
    def _connection_failed(self, value: bool) -> None:
        self._gave_up = value

    # AgentServer creates its health server in `run` and starts it there.
    @property
    def _http_server(self) -> HttpServer | None:
        return self._health_server

    @_http_server.setter
    def _http_server(self, value: HttpServer | None) -> None:
        self._health_server = value
        if value is not None:
            self.add_health_pages(value.app)


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
