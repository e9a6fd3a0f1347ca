"""Which audio the next connection of speech recognition gets."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc
from livekit.agents import APIConnectionError, stt
from livekit.agents.stt import SpeechEvent, SpeechEventType

from agent.conversation.conversation import Conversation
from agent.conversation.state import GreetingState
from agent.core.events import Events
from agent.core.job_metadata import JobMetadata
from agent.core.settings import VoiceSettings
from agent.speech import recent_audio
from agent.speech.models import build_llm
from agent.speech.recognition_failover import FailoverRecognition
from tests.support.environments import RECOGNITION
from tests.support.waiting import until

FRAME_S = 0.1


class FakeStream(stt.RecognizeStream):
    """A connection that reports what the test tells it to."""

    def __init__(self) -> None:
        self.received_s = 0.0
        self.events: asyncio.Queue[SpeechEvent | Exception] = asyncio.Queue()
        self.start_time_offset = 0.0

    def push_frame(self, frame: rtc.AudioFrame) -> None:
        self.received_s += frame.duration

    def reports(self, kind: SpeechEventType) -> None:
        self.events.put_nowait(SpeechEvent(type=kind))

    def drops(self) -> None:
        self.events.put_nowait(APIConnectionError("dropped"))

    async def __anext__(self) -> SpeechEvent:
        event = await self.events.get()
        if isinstance(event, Exception):
            raise event
        return event

    async def aclose(self) -> None:
        pass

    async def _run(self) -> None:
        raise NotImplementedError


class Setup:
    """Speech recognition in use, and its connections."""

    def __init__(self) -> None:
        self.connections: list[FakeStream] = []
        self.second: list[FakeStream] = []
        self.failover = FailoverRecognition(
            cast(Any, self), cast(Any, _Second(self.second)), Events()
        )
        self._audio: asyncio.Queue[rtc.AudioFrame] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())

    def stream(self, **_: Any) -> FakeStream:
        self.connections.append(FakeStream())
        return self.connections[-1]

    async def hears(self, *kinds: SpeechEventType) -> None:
        for kind in kinds:
            self.connections[-1].reports(kind)
        await asyncio.sleep(0.02)

    async def says(self, seconds: float) -> None:
        for _ in range(round(seconds / FRAME_S)):
            self._audio.put_nowait(rtc.AudioFrame(bytes(3200), 16_000, 1, 1600))
        await asyncio.sleep(0.02)

    async def connects(self, connections: list[FakeStream], count: int) -> FakeStream:
        await until(lambda: len(connections) >= count)
        return connections[-1]

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.wait({self._reading})

    async def _frames(self) -> AsyncIterator[rtc.AudioFrame]:
        while True:
            yield await self._audio.get()

    async def _read(self) -> None:
        async for _ in self.failover.recognise(self._frames()):
            pass


class _Second:
    model = "gemini"

    def __init__(self, connections: list[FakeStream]) -> None:
        self._connections = connections

    def stream(self) -> FakeStream:
        self._connections.append(FakeStream())
        return self._connections[-1]


@pytest.fixture
async def setup() -> AsyncIterator[Setup]:
    setup = Setup()
    await setup.connects(setup.connections, 1)
    yield setup
    await setup.close()


async def test_recognition_sends_a_long_turn_again_after_a_drop(setup: Setup) -> None:
    await setup.hears(SpeechEventType.START_OF_SPEECH)
    await setup.says(25)
    setup.connections[0].drops()
    again = await setup.connects(setup.connections, 2)
    assert again.received_s == pytest.approx(25)


async def test_recognition_sends_30_s_to_gemini_at_once(setup: Setup) -> None:
    await setup.hears(SpeechEventType.START_OF_SPEECH)
    await setup.says(40)
    began = time.monotonic()
    assert setup.failover.try_second()
    second = await setup.connects(setup.second, 1)
    assert second.received_s == pytest.approx(30, abs=0.2)
    assert time.monotonic() - began < 15, "not in real time"


async def test_only_a_failure_of_deepgram_is_logged_as_one(
    setup: Setup, caplog: pytest.LogCaptureFixture
) -> None:
    assert setup.failover.try_second()
    second = await setup.connects(setup.second, 1)
    assert [r for r in caplog.records if r.levelname == "WARNING"] == [], "two coughs are healthy"
    second.drops()
    first = await setup.connects(setup.connections, 2)
    setup.failover._failed_at[True] = -math.inf
    first.drops()
    await setup.connects(setup.second, 2)
    assert [vars(r)["event"] for r in caplog.records if r.levelname == "WARNING"] == [
        "stt_failed_over"
    ]


async def test_recognition_keeps_8_s_outside_of_a_turn(setup: Setup) -> None:
    await setup.hears(SpeechEventType.START_OF_SPEECH, SpeechEventType.END_OF_SPEECH)
    await setup.says(20)
    setup.connections[0].drops()
    again = await setup.connects(setup.connections, 2)
    assert again.received_s == pytest.approx(recent_audio._KEPT_S, abs=0.2)


async def test_recognition_does_not_send_forgotten_audio_again(setup: Setup) -> None:
    await setup.hears(SpeechEventType.START_OF_SPEECH)
    await setup.says(20)
    setup.failover.forget()
    await setup.says(1)
    setup.connections[0].drops()
    again = await setup.connects(setup.connections, 2)
    assert again.received_s == pytest.approx(1)


async def test_restart_opens_a_connection_that_continues_the_word_times(setup: Setup) -> None:
    await setup.says(3)
    setup.failover._began_at -= 60
    setup.failover.restart()
    again = await setup.connects(setup.connections, 2)
    assert again.received_s == 0
    assert again.start_time_offset == pytest.approx(60, abs=20)


async def test_cut_in_drops_the_early_reply_and_the_audio_before_recognition_reconnects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = VoiceSettings.from_env(RECOGNITION)
    state = GreetingState(metadata=JobMetadata())
    conversation = Conversation(build_llm(settings), state, settings)
    assert conversation.agent.recognition is not None
    failover = conversation.agent.recognition.failover
    done: list[str] = []
    monkeypatch.setattr(failover, "forget", lambda: done.append("forget"))
    session = conversation.session
    monkeypatch.setattr(session, "clear_user_turn", lambda: done.append("clear"))
    activity = SimpleNamespace(
        _preemptive_generation=object(), _cancel_preemptive_generation=lambda: done.append("drop")
    )
    monkeypatch.setattr(session, "_activity", activity)
    speech = type("Speech", (), {"add_done_callback": lambda *_: None})()
    monkeypatch.setattr(session, "generate_reply", lambda **_: speech)
    conversation.cut_in()
    assert done == ["drop", "forget", "clear"]
