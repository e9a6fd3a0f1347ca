"""Speech recognition by Gemini against its stand-in, and the change to it from Deepgram."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from livekit import rtc
from livekit.agents import APIError, APIStatusError, stt
from livekit.agents.utils import http_context
from livekit.plugins import deepgram

from agent.core.events import Events, ProviderFailed
from agent.core.settings import VoiceSettings
from agent.speech.gemini_transcription import GeminiTranscription
from agent.speech.language_speech import LanguageSpeech
from agent.speech.recognition_failover import FailoverRecognition
from tests.support.providers import Providers
from tests.support.recorded_speech import plain, recording, wrong

Kind = stt.SpeechEventType
PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
SENTENCE = plain("It was the best of times")


def settings(providers: Providers, **changes: str) -> VoiceSettings:
    return VoiceSettings.from_env(
        {"DEEPGRAM_API_KEY": "key", "GOOGLE_API_KEY": "key", **providers.environment, **changes}
    )


def gemini(
    providers: Providers, http: aiohttp.ClientSession, **changes: str
) -> GeminiTranscription:
    recognition = GeminiTranscription(settings(providers, **changes), http)
    recognition.use_keyterms(["Ada"])
    return recognition


def failover(
    providers: Providers, http: aiohttp.ClientSession, events: Events | None = None
) -> FailoverRecognition:
    url = providers.environment["DEEPGRAM_BASE_URL"] + "/v2/listen"
    first = deepgram.STTv2(base_url=url, api_key="key", http_session=http)
    return FailoverRecognition(first, gemini(providers, http), events or Events())


def sentence(recordings: Path) -> list[rtc.AudioFrame]:
    return recording(recordings / "two_cities.wav", 0.9, 2.7)


async def spoken(frames: list[rtc.AudioFrame]) -> AsyncGenerator[rtc.AudioFrame, None]:
    """The frames as they are spoken, and then silence."""
    for frame in frames:
        yield frame
        await asyncio.sleep(frame.duration)
    while True:
        yield rtc.AudioFrame(bytes(640), 16_000, 1, 320)
        await asyncio.sleep(0.02)


async def first_turn(events: AsyncIterator[stt.SpeechEvent]) -> list[stt.SpeechEvent]:
    found: list[stt.SpeechEvent] = []
    async with asyncio.timeout(60):
        async for event in events:
            found.append(event)
            if event.type == Kind.END_OF_SPEECH:
                return found
    return found


def text_of(events: list[stt.SpeechEvent]) -> list[str]:
    finals = [e.alternatives[0].text for e in events if e.type == Kind.FINAL_TRANSCRIPT]
    return plain(" ".join(finals))


async def turn_by_gemini(
    providers: Providers, http: aiohttp.ClientSession, frames: list[rtc.AudioFrame]
) -> list[stt.SpeechEvent]:
    stream = gemini(providers, http).stream()
    try:
        for frame in frames:
            stream.push_frame(frame)
        return await first_turn(stream)
    finally:
        await stream.aclose()


async def test_gemini_transcribes_and_reports_the_turn(
    providers: Providers, http: aiohttp.ClientSession, recordings: Path
) -> None:
    found = await turn_by_gemini(providers, http, sentence(recordings))
    assert found[0].type == Kind.START_OF_SPEECH
    assert wrong(text_of(found), SENTENCE) <= 1
    assert found[-1].type == Kind.END_OF_SPEECH


async def test_gemini_label_of_a_noise_is_not_a_word(
    providers: Providers, http: aiohttp.ClientSession, recordings: Path
) -> None:
    await providers.recognise_as("<noise> Hello. <noise>")
    try:
        found = await turn_by_gemini(providers, http, sentence(recordings))
    finally:
        await providers.recognise_as("")
    assert text_of(found) == ["hello"]


@pytest.mark.parametrize("changes", [{"GOOGLE_API_KEY": "wrong"}, {"GEMINI_STT_MODEL": "gemini-2"}])
async def test_gemini_raises_if_it_is_refused(
    providers: Providers, http: aiohttp.ClientSession, changes: dict[str, str]
) -> None:
    stream = gemini(providers, http, **changes).stream()
    with pytest.raises(APIError):
        await anext(stream)
    await stream.aclose()


@pytest.mark.parametrize(
    "message",
    [
        {"realtimeInput": {"audio": {}}},
        {"setup": {"model": "models/gemini-3.5-transcribe-live", "tools": []}},
        {"setup": {"model": "models/gemini-3.5-transcribe-live"}},
    ],
)
async def test_live_stand_in_refuses_what_gemini_refuses(
    providers: Providers, http: aiohttp.ClientSession, message: dict[str, Any]
) -> None:
    url = providers.environment["GOOGLE_GEMINI_BASE_URL"] + PATH
    async with http.ws_connect(url, headers={"x-goog-api-key": "key"}) as socket:
        await socket.send_json(message)
        assert (await socket.receive(timeout=30)).type == aiohttp.WSMsgType.CLOSE


@pytest.mark.parametrize("fault", ["stt:401", "stt:hang", "stt:refuse", "stt:drop=0.5"])
async def test_gemini_recognises_the_same_words_if_deepgram_fails(
    providers: Providers, http: aiohttp.ClientSession, recordings: Path, fault: str
) -> None:
    await providers.faults(fault)
    recognised = failover(providers, http).recognise(spoken(sentence(recordings)))
    found = await first_turn(recognised)
    await recognised.aclose()
    assert wrong(text_of(found), SENTENCE) <= 1


async def test_gemini_gets_the_latest_keyterms(providers: Providers, recordings: Path) -> None:
    await providers.faults("stt:401")
    async with http_context.open():
        speech = LanguageSpeech(settings(providers), Events())
        speech.use_keyterms(["Ada"])
        recognition = speech.recognition(("en",))
        speech.use_keyterms(["Grace", "lockout tagout"])
        recognised = recognition.failover.recognise(spoken(sentence(recordings)))
        await first_turn(recognised)
        await recognised.aclose()
    asked = await providers.calls("live")
    assert asked[-1]["detail"]["keyterms"] == ["Grace", "lockout tagout"]


@pytest.mark.alone  # Deepgram must recognise a word in the 1.5 s before the connection is lost
async def test_deepgram_is_used_again_after_one_lost_connection(
    providers: Providers, http: aiohttp.ClientSession, recordings: Path
) -> None:
    await providers.faults("stt:drop=1.5x1")
    recognised = failover(providers, http).recognise(spoken(sentence(recordings)))
    found = await first_turn(recognised)
    await recognised.aclose()
    assert wrong(text_of(found), SENTENCE) <= 1
    assert not await providers.calls("live")


async def test_gemini_gets_the_audio_that_deepgram_did_not_recognise(
    providers: Providers, http: aiohttp.ClientSession, recordings: Path
) -> None:
    await providers.faults("stt:half-open")
    recognition = failover(providers, http)
    recognised = recognition.recognise(spoken(sentence(recordings)))
    turn = asyncio.create_task(first_turn(recognised))
    await asyncio.sleep(3.5)
    assert not turn.done()
    assert recognition.try_second()
    assert not recognition.try_second()
    assert wrong(text_of(await asyncio.wait_for(turn, 60)), SENTENCE) <= 1
    await recognised.aclose()


async def test_failure_of_both_is_raised_and_reported(
    providers: Providers, http: aiohttp.ClientSession, recordings: Path
) -> None:
    await providers.faults("stt:503", "live:429")
    events, failures = Events(), list[ProviderFailed]()
    events.on(ProviderFailed, failures.append)
    recognised = failover(providers, http, events).recognise(spoken(sentence(recordings)))
    with pytest.raises(APIStatusError):
        await first_turn(recognised)
    assert [(f.part, f.status) for f in failures] == [("stt", 429)]
