"""The private attributes in agent/core/livekit_internals still exist in the locked versions.

If one of these tests fails, the lock has moved: read the new version before changing the test.
"""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import AgentServer, AgentSession, APIConnectionError, tts
from livekit.agents import __main__ as livekit_main
from livekit.agents.cli import cli
from livekit.agents.ipc.proc_pool import ProcPool
from livekit.agents.llm import ChatContext
from livekit.agents.llm import fallback_adapter as llm_fallback
from livekit.agents.llm._provider_format import google as llm_google_format
from livekit.agents.tts import fallback_adapter as tts_fallback
from livekit.agents.utils import http_context
from livekit.agents.voice import recorder_io
from livekit.agents.voice.agent_activity import AgentActivity
from livekit.agents.voice.avatar import DataStreamAudioReceiver
from livekit.agents.voice.room_io import _output as room_output
from livekit.agents.voice.room_io import room_io
from livekit.agents.voice.transcription import _speaking_rate
from livekit.plugins import bey, deepgram, google

from agent.avatar.beyond_presence import BeyondPresenceAvatar
from agent.avatar.kept_audio import AUDIO_SAMPLE_RATE
from agent.core.livekit_internals.room import VoiceTrack, stop_captions
from agent.core.livekit_internals.worker import ObservableAgentServer
from agent.core.settings import WorkerSettings
from agent.speech.models import FallbackModels
from agent.speech.synthesis import FallbackVoices
from tests.fakes.room import FakeRoom
from tests.fakes.scripted_llm import Says, ScriptedLLM
from tests.fakes.voice import FakeVoice
from tests.support.clock import Clock
from tests.support.environments import WORKER


@pytest.mark.parametrize(
    "package",
    ["livekit-agents", "livekit-plugins-bey", "livekit-plugins-deepgram", "livekit-plugins-google"],
)
def test_lock_is_the_version_that_was_read(package: str) -> None:
    assert version(package) == "1.8.9"


def test_bey_plugin_uses_the_request_we_send() -> None:
    source = inspect.getsource(bey.AvatarSession._start_agent)
    for word in ("{self._api_url}/v1/sessions", '"x-api-key"', '"transport": "livekit"'):
        assert word in source
    for field in ('"avatar_id"', '"url"', '"token"'):
        assert field in source


def test_bey_plugin_takes_audio_at_our_sample_rate() -> None:
    assert bey.avatar.SAMPLE_RATE == AUDIO_SAMPLE_RATE


def test_avatar_identities_cannot_be_guessed() -> None:
    settings = WorkerSettings.from_env(WORKER)
    identities = {BeyondPresenceAvatar(settings, "avatar").avatar_identity for _ in range(20)}
    assert len(identities) == 20
    assert all(len(identity) >= 20 for identity in identities)


def test_gemini_voice_keeps_its_client_where_we_replace_it() -> None:
    assert "self._client = " in inspect.getsource(google.beta.GeminiTTS.__init__)
    assert "self._client" not in inspect.getsource(google.beta.GeminiTTS.synthesize)


def test_early_reply_is_kept_where_we_look_for_it() -> None:
    beginning = inspect.getsource(AgentActivity.on_preemptive_generation)
    assert "self._preemptive_generation = _PreemptiveGeneration(" in beginning
    assert "preemptive.chat_ctx.is_equivalent(" in inspect.getsource(AgentActivity)


@pytest.mark.parametrize("name", ["_update_job_status", "run"])
def test_agent_server_has_the_methods_we_extend(name: str) -> None:
    assert callable(getattr(AgentServer, name))
    assert list(inspect.signature(getattr(AgentServer, name)).parameters) == list(
        inspect.signature(getattr(ObservableAgentServer, name)).parameters
    )


@pytest.mark.parametrize("name", ["_connection_failed", "_connecting", "_http_server", "_api"])
def test_agent_server_has_the_attributes_we_use(name: str) -> None:
    assert f"self.{name} = " in inspect.getsource(AgentServer) or (
        f"self.{name}: " in inspect.getsource(AgentServer)
    )


def test_recorder_has_the_attributes_we_use() -> None:
    recorder = inspect.getsource(recorder_io.RecorderIO)
    assert "self._close_fut: asyncio.Future[None] = self._loop.create_future()" in recorder
    assert "self._out_record: RecorderAudioOutput | None = None" in recorder
    output = inspect.getsource(recorder_io.RecorderAudioOutput)
    for name in ("self.__started_at: ", "self.__reported = ", "def pending_since(self)"):
        assert name in output
    assert "def __place(self, *, started_at: float, offset: float, duration: float)" in output


def test_rooms_own_track_can_be_published_again_by_the_method_we_use() -> None:
    output = room_output._ParticipantAudioOutput
    publishing = inspect.getsource(output._publish_track)
    assert "self._publication = await self._room.local_participant.publish_track(" in publishing
    assert "self._subscribed_fut.set_result(None)" in publishing
    assert "await self._subscribed_fut" in inspect.getsource(output.capture_frame)


def test_livekit_agents_runs_a_worker_as_we_do() -> None:
    assert list(inspect.signature(cli._run_worker).parameters) == ["server", "args"]
    assert "_run_worker(" in inspect.getsource(livekit_main._dispatch)


@pytest.mark.parametrize("name", ["_current_reader", "_register_clear_buffer_rpc"])
def test_audio_receiver_has_the_attributes_of_the_demo_avatar(name: str) -> None:
    """agent/demo/providers/beyond_presence/media.py, in the demo's avatar process."""
    assert name in inspect.getsource(DataStreamAudioReceiver)


def test_google_plugin_takes_signatures_from_the_dict_we_replace() -> None:
    source = inspect.getsource(google.llm.LLMStream)
    assert "self._llm._thought_signatures if _requires_thought_signatures(self._model)" in source
    assert "self._llm._thought_signatures[tool_call.call_id] = part.thought_signature" in source
    assert "thought_signatures.get(msg.call_id)" in inspect.getsource(llm_google_format.to_chat_ctx)


@pytest.mark.parametrize(
    ("model", "needs"),
    [
        ("gemini-flash-latest", True),
        ("gemini-3.5-flash-lite", True),
        ("gemini-4-argon", True),
        ("gemini-2.5-flash", True),
        ("gemini-2.0-flash", False),
    ],
)
def test_google_plugin_keeps_signatures_of_every_model_that_needs_them(
    model: str, needs: bool
) -> None:
    assert google.llm._requires_thought_signatures(model) is needs


def test_fallback_adapters_try_failed_providers_in_the_method_we_replace() -> None:
    for adapter in (llm_fallback.FallbackLLMStream, tts_fallback.FallbackSynthesizeStream):
        assert "self._try_recovery(" in inspect.getsource(adapter._run)
        assert "_metrics_monitor_task" in vars(adapter)
    for name in ("_llm_request_span_name", "_llm_attempt_span_name", "_genai_operation_name"):
        assert name in vars(llm_fallback.FallbackLLMStream)


async def test_failed_model_is_tried_after_a_while_and_then_at_intervals(clock: Clock) -> None:
    lost = [Says(breaks_off=True) for _ in range(4)]
    first, second = ScriptedLLM(*lost), ScriptedLLM(*(Says("Hello") for _ in range(5)))
    models = FallbackModels([first, second])
    asked = []
    for after_s in (0, 0, 16, 0, 16):
        await clock.advance(after_s)
        async with models.chat(chat_ctx=ChatContext()) as stream:
            await stream.collect()
        await asyncio.sleep(0.05)  # a probe runs in the background
        asked.append(len(first.asked))
    assert asked == [1, 1, 2, 2, 3]
    assert len(second.asked) == 5


async def test_model_that_has_failed_before_is_asked_if_the_other_one_fails_now(
    clock: Clock,
) -> None:
    fails, answers = Says(breaks_off=True), Says("It is short.")
    first = ScriptedLLM(fails, fails, answers, fails)
    second = ScriptedLLM(fails, answers, answers)
    models = FallbackModels([first, second])
    with pytest.raises(APIConnectionError):
        await models.chat(chat_ctx=ChatContext()).collect()
    await clock.advance(16)
    for left in (1, 0):  # a probe finds that the first model answers; then it fails again
        assert (await models.chat(chat_ctx=ChatContext()).collect()).text == "It is short."
        await asyncio.sleep(0.05)
        assert first.left == left


async def test_voice_that_breaks_off_is_reported_if_every_voice_has_failed_before() -> None:
    failing = FakeVoice(sound_s=0.2, fails=True), FakeVoice(sound_s=0.2, fails=True)
    voices = FallbackVoices([*failing])
    reported: list[tts.TTS[Any]] = []
    voices.on("tts_availability_changed", lambda event: reported.append(event.tts))
    for _ in range(4):
        async with voices.stream() as stream:
            stream.push_text("It is short.")
            stream.end_input()
            async for _ in stream:
                pass
    assert reported == [*failing, *failing]


def test_speaking_rate_is_computed_by_the_method_we_replace() -> None:
    source = inspect.getsource(_speaking_rate.SpeakingRateStream._compute_speaking_rate)
    assert "return self._spectral_flux(audio, sample_rate)" in source


def test_speaking_rate_is_higher_for_speech_than_for_a_pause() -> None:
    rate = 16_000
    hum = 0.1 * np.sin(np.arange(rate) / rate * 2 * np.pi * 400).astype(np.float32)
    syllables = hum * (np.sin(np.arange(rate) / rate * 2 * np.pi * 4) > 0)
    flux = _speaking_rate.SpeakingRateStream._spectral_flux
    stream = object.__new__(_speaking_rate.SpeakingRateStream)
    assert flux(stream, syllables, rate) > 5 * flux(stream, hum, rate)
    assert flux(stream, hum[:10], rate) == 0


async def test_captions_are_sent_in_one_format_only() -> None:
    """RoomIO still builds both outputs, and calls the older one as we expect."""
    source = inspect.getsource(room_output._ParticipantTranscriptionOutput)
    assert "_ParticipantLegacyTranscriptionOutput(" in source
    assert "sink.capture_text(text) for sink in self.__outputs" in source
    older = room_output._ParticipantLegacyTranscriptionOutput(
        cast(Any, FakeRoom()), participant="agent", track="TR_1"
    )
    await older.capture_text("Hello")
    older.flush()
    assert older._flush_task is None


async def test_no_caption_is_sent_after_captions_have_been_stopped() -> None:
    sent: list[str] = []

    async def write(text: str) -> None:
        sent.append(text)

    async def aclose(**_: object) -> None:
        sent.append("end")

    async def stream_text(**_: object) -> Any:
        return SimpleNamespace(write=write, aclose=aclose)

    room = FakeRoom()
    room.local_participant.track_publications = {}
    room.local_participant.stream_text = stream_text
    captions = room_output._ParticipantTranscriptionOutput(
        room=cast(Any, room), participant="agent"
    )
    outputs = SimpleNamespace(_agent_tr_output=captions, _user_tr_output=None)
    await captions.capture_text("Hello ")
    stop_captions(cast(Any, SimpleNamespace(_room_io=outputs)))
    await captions.capture_text("Ada")
    captions.flush()
    await captions.aclose()
    assert sent == ["Hello", " ", "end"]


def test_voice_closes_its_connections_by_the_method_we_extend() -> None:
    assert "close_cb=self._close_ws" in inspect.getsource(deepgram.TTS.__init__)


def test_room_io_has_the_captions_where_we_look_for_them() -> None:
    source = inspect.getsource(room_io.RoomIO.__init__)
    for name in ("_agent_tr_output", "_user_tr_output"):
        assert f"self.{name}: _ParticipantTranscriptionOutput | None" in source
    assert "self._room_io: room_io.RoomIO | None" in inspect.getsource(AgentSession.__init__)


def test_server_sets_the_number_of_idle_processes_of_its_pool() -> None:
    assert "_target_idle_processes" in inspect.getsource(ProcPool._main_task)
    assert "self._proc_pool = ipc.proc_pool.ProcPool(" in inspect.getsource(AgentServer.run)


def test_http_session_uses_the_tls_context_that_is_built_early() -> None:
    assert "ssl=_create_ssl_context()" in inspect.getsource(http_context._new_session_ctx)


@pytest.mark.parametrize(("start", "logged"), [("start_native_library()", False), ("", True)])
def test_native_library_sends_its_log_only_if_it_was_started_by_the_sdk(
    start: str, *, logged: bool
) -> None:
    program = f"""
import contextlib, logging, time
from livekit.rtc._ffi_client import FfiClient, FfiHandle
from agent.core.livekit_internals.native import start_native_library
logging.basicConfig()
FfiClient.instance
{start}
with contextlib.suppress(AssertionError):
    FfiHandle(987654).dispose()
time.sleep(0.3)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert ("unknown FFI handle: 987654" in run.stderr) is logged


async def test_voice_track_is_withdrawn_quietly_while_the_room_is_being_left() -> None:
    async def unpublish_track(_: str) -> None:
        raise rtc.participant.UnpublishTrackError("engine is closed")

    room = FakeRoom()
    room.local_participant.unpublish_track = unpublish_track
    output = room_output._ParticipantAudioOutput(
        cast(Any, room),
        sample_rate=24_000,
        num_channels=1,
        track_publish_options=rtc.TrackPublishOptions(),
    )
    output._publication = cast(Any, SimpleNamespace(sid="TR_1"))
    await VoiceTrack(cast(Any, room), output).withdraw()
    assert output._audio_source._ffi_handle.disposed
