"""Deepgram's voices: what the stand-in refuses, and how the product's voice handles that."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from livekit.agents import APIConnectOptions, APIError, APIStatusError, utils

from agent.speech import deepgram_voice
from agent.speech.deepgram_voice import DeepgramVoice
from agent.speech.synthesis import TTS_CONNECT_OPTIONS
from tests.support.providers import Providers
from tests.support.waiting import until_answer

OPTIONS = APIConnectOptions(max_retry=0, retry_interval=0.05, timeout=30)
TIMEOUT_S = 60.0
KEY = {"Authorization": "Token key"}
REUSED_FIRST_AUDIO_S = deepgram_voice._REUSED_FIRST_AUDIO_S


@pytest.fixture(autouse=True)
def _long_timeout_of_reused_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine, the stand-ins may get no CPU time for seconds."""
    monkeypatch.setattr(deepgram_voice, "_REUSED_FIRST_AUDIO_S", TIMEOUT_S)


@pytest_asyncio.fixture(autouse=True)
async def _job_http_session() -> AsyncIterator[None]:
    async with utils.http_context.open():
        yield


def voice_of(providers: Providers, model: str = "aura-2-andromeda-en") -> DeepgramVoice:
    return DeepgramVoice(
        model=model, api_key="key", base_url=providers.environment["DEEPGRAM_BASE_URL"]
    )


async def say(voice: DeepgramVoice, *pieces: str, pause_s: float = 0.0) -> float:
    """Say a line in pieces with pauses between them; seconds of sound."""
    stream = voice.stream(conn_options=OPTIONS)

    async def push() -> None:
        for index, piece in enumerate(pieces):
            if index:
                await asyncio.sleep(pause_s)
            stream.push_text(piece)
        stream.end_input()

    pushing = asyncio.create_task(push())
    async with asyncio.timeout(TIMEOUT_S), stream:
        seconds = sum([audio.frame.duration async for audio in stream])
    await pushing
    return seconds


async def connections(providers: Providers) -> list[dict]:  # type: ignore[type-arg]
    return [call["detail"] for call in await providers.calls("tts")]


@pytest.mark.parametrize(
    "query",
    [
        "model=nobody",
        "model=aura-2-nobody-en",
        "model=aura-2-celeste-en",
        "model=flux-alexis-en",
        "model=aura-2-andromeda-en&sample_rate=12345",
        "model=aura-2-andromeda-en&encoding=aac",
        "model=aura-2-andromeda-en&voice=kind",
        "model=aura-2-andromeda-en&speed=0.6",
        "model=aura-2-andromeda-en&speed=fast",
        "model=aura-2-celeste-es&speed=0.85",
        "model=aura-2-agathe-fr&speed=0.9",
        "model=aura-asteria-en&speed=0.9",
    ],
)
async def test_speak_refuses_what_deepgram_refuses(
    providers: Providers, http: aiohttp.ClientSession, query: str
) -> None:
    url = f"{providers.environment['DEEPGRAM_BASE_URL']}/v1/speak?{query}"
    async with http.get(url, headers=KEY) as answer:
        assert answer.status == 400
        body = await answer.json()
    assert body["err_code"] == "Bad Request"
    assert body["err_msg"]


async def test_speak_limits_text_and_flushes(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    url = f"{providers.environment['DEEPGRAM_BASE_URL']}/v1/speak?model=aura-2-andromeda-en"
    async with http.ws_connect(url, headers=KEY) as socket:
        for _ in range(21):
            await socket.send_json({"type": "Flush"})
        kinds = [(await socket.receive_json())["type"] for _ in range(21)]
        assert sorted(set(kinds)) == ["Flushed", "Warning"]
        assert kinds.count("Flushed") == 20
        await socket.send_json({"type": "Speak", "text": "a" * 2_001})
        assert (await socket.receive_json())["type"] == "Error"
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_speak_closes_an_idle_connection(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.faults("aura:idle=0.2")
    url = f"{providers.environment['DEEPGRAM_BASE_URL']}/v1/speak?model=aura-2-andromeda-en"
    async with http.ws_connect(url, headers=KEY) as socket:
        message = await socket.receive(timeout=15)
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1011)


async def test_voice_waits_while_the_text_pauses(providers: Providers) -> None:
    voice = voice_of(providers)
    # Longer than the time limit of a voice that has all of its text.
    seconds = await say(voice, "First of all, wel", "come. It starts soon.", pause_s=1.5)
    await voice.aclose()
    assert seconds > 1.5
    (call,) = await connections(providers)
    assert " ".join(call["said"]) == "First of all, welcome. It starts soon."


async def test_voice_reuses_its_connection(providers: Providers) -> None:
    voice = voice_of(providers)
    assert await say(voice, "Hello, Ada.") > 0.4
    assert await say(voice, "Welcome to your training.") > 0.8
    await voice.aclose()
    (call,) = await connections(providers)
    assert call["said"] == ["Hello, Ada.", "Welcome to your training."]


async def test_voice_changes_its_connection_before_it_has_flushed_too_often(
    providers: Providers,
) -> None:
    voice = voice_of(providers)
    for _ in range(22):
        assert await say(voice, "Yes.") > 0
    await voice.aclose()
    assert [len(call["said"]) for call in await connections(providers)] == [18, 4]


async def voice_with_idle_connection(providers: Providers) -> DeepgramVoice:
    """Return a voice whose connection Deepgram has closed, because it was idle."""
    voice = voice_of(providers)
    await providers.faults("aura:idle=1.5")
    assert await say(voice, "Hello, Ada.") > 0.4
    await asyncio.sleep(2.5)
    return voice


async def test_voice_says_the_line_on_a_new_connection_if_the_idle_one_was_closed(
    providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    voice = await voice_with_idle_connection(providers)
    await providers.faults()
    assert await say(voice, "Welcome to your training.") > 0.8
    await voice.aclose()
    first, second = await connections(providers)
    assert (first["said"], second["said"]) == (["Hello, Ada."], ["Welcome to your training."])
    assert [entry for entry in caplog.records if entry.levelno >= logging.WARNING] == []


async def test_voice_closes_a_connection_quietly_that_was_closed_while_it_was_idle(
    providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    """The trainee is silent for a minute, asks to speak more slowly, and leaves after another."""
    voice = await voice_with_idle_connection(providers)
    voice.slow_down_to(0.85)
    assert await say(voice, "Welcome to your training.") > 0.8
    await asyncio.sleep(2.5)
    await voice.aclose()
    assert [entry for entry in caplog.records if entry.levelno >= logging.WARNING] == []


async def test_voice_leaves_a_reused_connection_that_sends_nothing(
    providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deepgram_voice, "_REUSED_FIRST_AUDIO_S", REUSED_FIRST_AUDIO_S)
    voice = voice_of(providers)
    assert await say(voice, "Hello, Ada.") > 0.4
    await providers.faults("aura:stallx2")
    began = time.monotonic()
    assert await say(voice, "Welcome to your training.") > 0.8
    assert time.monotonic() - began < OPTIONS.timeout / 2
    await voice.aclose()


async def test_voice_goes_on_after_the_network_stopped_for_three_seconds(
    providers: Providers,
) -> None:
    voice = voice_of(providers)
    await providers.faults("aura:slow=0.5")
    async with voice.stream(conn_options=TTS_CONNECT_OPTIONS) as stream:
        stream.push_text("One, two, three, four, five.")
        stream.end_input()
        frames = aiter(stream)
        await anext(frames)
        providers.process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(3.0)
        finally:
            providers.process.send_signal(signal.SIGCONT)
        await providers.faults()
        assert sum([event.frame.duration async for event in frames]) > 1.0
    await voice.aclose()
    assert len(await connections(providers)) == 1


async def test_voice_connects_again_as_soon_as_a_line_is_cut_short(providers: Providers) -> None:
    voice = voice_of(providers)
    await providers.faults("aura:slow=0.3")  # it is slow to close the connection, too
    async with voice.stream(conn_options=OPTIONS) as cut:
        cut.push_text("One, two, three, four, five.")
        cut.end_input()
        await anext(aiter(cut))
    await providers.faults()
    await until_answer(lambda: connections(providers), lambda found: len(found) > 1, TIMEOUT_S)
    assert await say(voice, "Yes.") > 0
    await voice.aclose()
    assert [call["said"] for call in await connections(providers)][1:] == [["Yes."]]


async def test_voice_tries_a_new_connection_once_only(providers: Providers) -> None:
    voice = voice_of(providers)
    await providers.faults("aura:401")
    with pytest.raises(APIStatusError) as failed:
        await say(voice, "Hello, Ada.")
    assert failed.value.status_code == 401
    assert len(await connections(providers)) == 1
    await voice.aclose()


@pytest.mark.parametrize(
    ("model", "wanted", "speed"),
    [
        ("aura-2-andromeda-en", 0.7, 0.7),
        ("aura-2-celeste-es", 0.7, 0.9),
        ("aura-2-agathe-fr", 0.7, 1.0),
        ("aura-asteria-en", 0.85, 1.0),
    ],
)
async def test_voice_slows_down_as_far_as_deepgram_allows(
    providers: Providers, model: str, wanted: float, speed: float
) -> None:
    voice = voice_of(providers, model)
    assert await say(voice, "One, two.") > 0.3
    voice.slow_down_to(wanted)
    assert await say(voice, "One, two.") > 0.3
    await voice.aclose()
    assert (await connections(providers))[-1]["speed"] == speed


async def test_voice_says_a_text_longer_than_one_message_may_be(providers: Providers) -> None:
    voice = voice_of(providers)
    text = "There are seven words in this sentence. " * 60
    assert await say(voice, text) > 60
    await voice.aclose()
    (call,) = await connections(providers)
    assert " ".join(call["said"]).split() == text.split()


@pytest.mark.parametrize(("fault", "complete"), [("unflushed", True), ("drop=0.5", False)])
async def test_line_is_complete_without_flushed_if_all_of_it_was_said(
    providers: Providers, monkeypatch: pytest.MonkeyPatch, fault: str, complete: bool
) -> None:
    monkeypatch.setattr(deepgram_voice, "_MORE_AUDIO_S", 2.0)
    voice = voice_of(providers)
    await say(voice, "Welcome to your training, Ada. Have you seen the keys of the truck?")
    await providers.faults(f"aura:{fault}x1")
    line = "Thank you, Ada. The video shows you where the keys are kept."
    if complete:
        assert await say(voice, line) > 2
    else:
        with pytest.raises(APIError):
            await say(voice, line)
    await voice.aclose()
