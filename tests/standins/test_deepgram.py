"""Deepgram's stand-in, called by the pinned plugin: recognition and voices are real."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
import numpy as np
import pytest
from livekit import rtc
from livekit.agents import APIConnectionError, APIError, APIStatusError, stt
from livekit.plugins import deepgram

from tests.support.providers import Providers
from tests.support.recorded_speech import BECKETT, ONCE, heard, plain, recording, words, wrong

TIMEOUT_S = 60.0


def hearing(providers: Providers, http: aiohttp.ClientSession, **options: object) -> deepgram.STT:
    url = providers.environment["DEEPGRAM_BASE_URL"] + "/v1/listen"
    return deepgram.STT(base_url=url, api_key="key", http_session=http, **options)  # type: ignore[arg-type]


def speaking(providers: Providers, http: aiohttp.ClientSession, **options: object) -> deepgram.TTS:
    url = providers.environment["DEEPGRAM_BASE_URL"] + "/v1/speak"
    return deepgram.TTS(base_url=url, api_key="key", http_session=http, **options)  # type: ignore[arg-type]


@pytest.mark.alone  # recordings are sent and recognised in real time
async def test_listen_transcribes_a_person_sentence_by_sentence(
    providers: Providers, http: aiohttp.ClientSession, recordings: Path
) -> None:
    events = await heard(providers, hearing(providers, http), recording(recordings / "beckett.wav"))
    # Two words at a time is hard on a small model.
    assert wrong(words(events), BECKETT) <= 4, words(events)
    kinds = [event.type for event in events]
    spoken = kinds.count(stt.SpeechEventType.START_OF_SPEECH)
    assert spoken == kinds.count(stt.SpeechEventType.END_OF_SPEECH) >= 3
    first = kinds.index(stt.SpeechEventType.START_OF_SPEECH)
    assert first < kinds.index(stt.SpeechEventType.FINAL_TRANSCRIPT)
    final = next(e for e in events if e.type == stt.SpeechEventType.FINAL_TRANSCRIPT)
    said = final.alternatives[0]
    assert final.request_id
    assert said.words
    assert 0 <= said.start_time < said.end_time < 5
    assert 0 < said.confidence <= 1


@pytest.mark.alone  # recordings are sent and recognised in real time
async def test_listen_sends_interim_results_and_then_the_final_one(
    providers: Providers, http: aiohttp.ClientSession, recordings: Path
) -> None:
    sentence = recording(recordings / "two_cities.wav", 0.9, 4.9)
    stream = hearing(providers, http).stream(conn_options=ONCE)
    interims: list[str] = []
    began = time.monotonic()

    async def send() -> None:
        for index, frame in enumerate(sentence):
            stream.push_frame(frame)
            await asyncio.sleep(max(0.0, began + index * 0.02 - time.monotonic()))

    sending = asyncio.create_task(send())
    try:
        async with asyncio.timeout(TIMEOUT_S):
            async for event in stream:
                if event.type == stt.SpeechEventType.INTERIM_TRANSCRIPT:
                    interims.append(event.alternatives[0].text)
                elif event.type == stt.SpeechEventType.FINAL_TRANSCRIPT:
                    arrived, said = time.monotonic(), event.alternatives[0]
                    break
    finally:
        sending.cancel()
        await stream.aclose()
    # A busy machine has time for one.
    assert plain(interims[0])[0] == "it"
    assert wrong(plain(said.text), plain("It was the best of times")) <= 1
    assert 1.5 < said.end_time < 2.6
    # 300 ms of silence decide; how much later it comes depends on the machine.
    assert arrived - (began + said.end_time) > 0.25


async def test_listen_ignores_silence_and_noise(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    noise = np.random.default_rng(1).normal(0, 30, 48_000).astype(np.int16)
    frames = [
        rtc.AudioFrame(noise[i : i + 320].tobytes(), 16_000, 1, 320) for i in range(0, 48_000, 320)
    ]
    events = await heard(providers, hearing(providers, http), frames)
    assert words(events) == []
    assert not [e for e in events if e.type == stt.SpeechEventType.START_OF_SPEECH]


async def test_listen_transcribes_english_and_multi_only(
    providers: Providers, http: aiohttp.ClientSession, recordings: Path
) -> None:
    frames = recording(recordings / "beckett.wav", 0, 3)
    assert words(await heard(providers, hearing(providers, http, language="de"), frames)) == []
    assert words(await heard(providers, hearing(providers, http, language="multi"), frames)) != []


async def spoken(voice: deepgram.TTS, text: str) -> np.ndarray:
    """What the voice says, as samples."""
    stream = voice.stream(conn_options=ONCE)
    stream.push_text(text)
    stream.flush()
    stream.end_input()
    async with asyncio.timeout(TIMEOUT_S), stream:
        pieces = [np.frombuffer(audio.frame.data, np.int16) async for audio in stream]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


SENTENCE = "Hello Sam, and welcome! Your safety training starts in a moment."


@pytest.mark.parametrize("rate", [16_000, 24_000])
async def test_speak_uses_the_requested_sample_rate(
    providers: Providers, http: aiohttp.ClientSession, rate: int
) -> None:
    voice = speaking(providers, http, sample_rate=rate)
    sound = await spoken(voice, SENTENCE)
    await voice.aclose()
    assert 3 < len(sound) / rate < 6
    level = np.sqrt(np.mean((sound / 32768) ** 2))
    assert 0.03 < level < 0.4
    assert np.abs(sound).max() < 32_767
    # Speech at half speed or double speed would have its energy elsewhere.
    spectrum = np.abs(np.fft.rfft(sound / 32768)) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / rate)
    assert 0.6 < spectrum[(hertz > 100) & (hertz < 1500)].sum() / spectrum.sum()


@pytest.mark.alone  # recordings are sent and recognised in real time
async def test_listen_transcribes_what_speak_says(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    voice = speaking(providers, http, sample_rate=16_000)
    text = "Your safety training is ready. You can pause whenever you like and take a breath."
    sound = await spoken(voice, text)
    await voice.aclose()
    sound = np.concatenate([sound, np.zeros(16_000, np.int16)])
    frames = [
        rtc.AudioFrame(sound[i : i + 320].tobytes(), 16_000, 1, 320)
        for i in range(0, len(sound) - 319, 320)
    ]
    got = words(await heard(providers, hearing(providers, http), frames))
    assert wrong(got, plain(text)) <= 4, got


async def test_deepgram_rejects_invalid_keys_voices_and_rates(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    base = providers.environment["DEEPGRAM_BASE_URL"]
    key = {"Authorization": "Token key"}
    for path, headers, status in (
        ("/v1/listen?sample_rate=16000", {}, 401),
        ("/v1/speak?model=aura-2-andromeda-en", {}, 401),
        ("/v1/speak?model=nobody", key, 400),
        ("/v1/speak?model=aura-2-andromeda-en&sample_rate=12345", key, 400),
    ):
        async with http.get(base + path, headers=headers) as answer:
            assert answer.status == status, path


async def test_speak_has_a_voice_for_each_language_and_gender(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    sounds = {}
    for model in ("aura-2-andromeda-en", "aura-2-apollo-en", "aura-2-celeste-es"):
        voice = speaking(providers, http, model=model)
        sounds[model] = (await spoken(voice, "Banana tomate final.")).tobytes()
        await voice.aclose()
    assert len(set(sounds.values())) == 3


@pytest.mark.parametrize(
    ("fault", "expected", "status"),
    [
        ("stt:401", APIStatusError, 401),
        ("stt:503", APIStatusError, 503),
        ("stt:refuse", APIConnectionError, None),
        ("stt:hang", APIConnectionError, None),
        ("stt:drop=0.5", APIError, None),
    ],
)
async def test_listen_fault_raises_in_the_plugin(
    providers: Providers,
    http: aiohttp.ClientSession,
    recordings: Path,
    fault: str,
    expected: type[Exception],
    status: int | None,
) -> None:
    await providers.faults(fault)
    with pytest.raises(expected) as failed:
        await heard(
            providers, hearing(providers, http), recording(recordings / "beckett.wav", 0, 3)
        )
    if status:
        assert failed.value.status_code == status  # type: ignore[attr-defined]


def _interim_only(events: list[stt.SpeechEvent]) -> bool:
    kinds = {event.type for event in events}
    return (
        stt.SpeechEventType.INTERIM_TRANSCRIPT in kinds
        and stt.SpeechEventType.FINAL_TRANSCRIPT not in kinds
    )


@pytest.mark.parametrize(
    ("fault", "shows"),
    [
        ("stt:never-final", _interim_only),
        ("stt:blank", lambda events: words(events) == [] and len(events) > 2),
        ("stt:garbage", lambda events: words(events)[:2] == ["ever", "tried"]),
    ],
)
@pytest.mark.alone  # recordings are sent and recognised in real time
async def test_listen_fault_changes_the_transcript(
    providers: Providers,
    http: aiohttp.ClientSession,
    recordings: Path,
    fault: str,
    shows: Callable[[list[stt.SpeechEvent]], bool],
) -> None:
    await providers.faults(fault)
    # A busy machine has no time for the interim results of all sentences.
    frames = recording(recordings / "beckett.wav", 0, 6)
    assert shows(await heard(providers, hearing(providers, http), frames, speed=2))


@pytest.mark.alone  # recordings are sent and recognised in real time
async def test_listen_slow_fault_delays_the_final(
    providers: Providers, http: aiohttp.ClientSession, recordings: Path
) -> None:
    await providers.faults("stt:slow=1.5x1")
    began = time.monotonic()
    events = await heard(
        providers, hearing(providers, http), recording(recordings / "beckett.wav", 0, 1.6)
    )
    assert words(events) == ["ever", "tried"]
    assert time.monotonic() - began > 1.5


async def test_listen_half_open_fault_answers_no_ping(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.faults("stt:half-open")
    url = providers.environment["DEEPGRAM_BASE_URL"] + "/v1/listen?sample_rate=16000"
    headers = {"Authorization": "Token key"}
    async with http.ws_connect(url, headers=headers, autoping=False) as socket:
        await socket.ping()
        await socket.send_str('{"type": "KeepAlive"}')
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.5)


@pytest.mark.parametrize("fault", ["tts:401", "tts:refuse", "tts:stall", "tts:error", "tts:silent"])
async def test_speak_fault_raises_in_the_plugin(
    providers: Providers, http: aiohttp.ClientSession, fault: str
) -> None:
    await providers.faults(fault)
    voice = speaking(providers, http)
    with pytest.raises(APIError):
        await spoken(voice, SENTENCE)


async def test_speak_drop_fault_sends_the_beginning(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.faults("tts:drop=0.5")
    base = providers.environment["DEEPGRAM_BASE_URL"]
    url = f"{base}/v1/speak?model=aura-2-andromeda-en&encoding=linear16&sample_rate=16000"
    got = 0
    async with http.ws_connect(url, headers={"Authorization": "Token key"}) as socket:
        await socket.send_json({"type": "Speak", "text": SENTENCE})
        await socket.send_json({"type": "Flush"})
        while (message := await socket.receive(timeout=15)).type == aiohttp.WSMsgType.BINARY:
            got += len(message.data)
    assert got == 16_000
    assert message.type != aiohttp.WSMsgType.TEXT


async def test_speak_slow_fault_is_slower_than_playback(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.faults("tts:slow=0.5")
    voice = speaking(providers, http)
    began = time.monotonic()
    sound = await spoken(voice, "Hello there.")
    took = time.monotonic() - began
    await voice.aclose()
    assert took > 1.8 * len(sound) / 24_000
