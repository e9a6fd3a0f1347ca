"""Deepgram's `/v2/listen` stand-in: called by the pinned plugin, and as strict as its documents."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import numpy as np
import pytest
from livekit import rtc
from livekit.agents import APIConnectionError, APIError, APIStatusError, stt
from livekit.plugins import deepgram

from agent.demo.providers.deepgram.turns import confidence, goes_on
from tests.support.providers import Providers
from tests.support.recorded_speech import BECKETT, heard, plain, recording, words, wrong

KEY = {"Authorization": "Token key"}
GOOD = {"model": "flux-general-en", "encoding": "linear16", "sample_rate": "16000"}
Kind = stt.SpeechEventType


def flux(providers: Providers, http: aiohttp.ClientSession, **options: Any) -> deepgram.STTv2:
    url = providers.environment["DEEPGRAM_BASE_URL"] + "/v2/listen"
    return deepgram.STTv2(base_url=url, api_key="key", http_session=http, **options)


async def test_flux_transcribes_a_person_turn_by_turn(
    providers: Providers, http: aiohttp.ClientSession, recordings: Path
) -> None:
    events = await heard(
        providers, flux(providers, http), recording(recordings / "beckett.wav"), speed=3
    )
    assert wrong(words(events), BECKETT) <= 4, words(events)
    kinds = [event.type for event in events]
    assert kinds.count(Kind.START_OF_SPEECH) == kinds.count(Kind.END_OF_SPEECH) >= 3
    assert Kind.PREFLIGHT_TRANSCRIPT not in kinds


async def test_flux_sends_an_eager_end_that_the_end_repeats(
    providers: Providers, http: aiohttp.ClientSession, recordings: Path
) -> None:
    model = flux(providers, http, eager_eot_threshold=0.5)
    frames = recording(recordings / "two_cities.wav", 0.9, 2.9)
    events = await heard(providers, model, frames, speed=1)
    kinds = [event.type for event in events if event.type != Kind.RECOGNITION_USAGE]
    assert kinds[0] == Kind.START_OF_SPEECH
    assert kinds[-3:] == [Kind.PREFLIGHT_TRANSCRIPT, Kind.FINAL_TRANSCRIPT, Kind.END_OF_SPEECH]
    texts = [e.alternatives[0].text for e in events if e.alternatives]
    assert texts[-1] == texts[-2]
    assert wrong(plain(texts[-1]), plain("It was the best of times")) <= 1


async def test_flux_closes_a_connection_without_audio(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    url = f"{providers.environment['DEEPGRAM_BASE_URL']}/v2/listen?{urlencode(GOOD)}"
    async with http.ws_connect(url, headers=KEY) as socket, asyncio.timeout(60):
        assert (await socket.receive_json())["type"] == "Connected"
        assert (await socket.receive()).data == 1011


async def test_flux_resumes_a_turn_after_an_eager_end(
    providers: Providers, http: aiohttp.ClientSession, recordings: Path
) -> None:
    frames = recording(recordings / "two_cities.wav", 0.9, 8)
    seen: list[str] = []
    async for event in _raw(providers, http, frames, eager_eot_threshold=0.3, eot_threshold=0.9):
        seen.append(event)
    assert "TurnResumed" in seen
    for index, name in enumerate(seen):
        if name == "TurnResumed":
            assert "EagerEndOfTurn" in seen[:index]


async def _raw(
    providers: Providers,
    http: aiohttp.ClientSession,
    frames: list[rtc.AudioFrame],
    **options: float,
) -> Any:
    """The events of a connection, by name; sound is sent twice as fast as spoken."""
    url = providers.environment["DEEPGRAM_BASE_URL"] + "/v2/listen?"
    async with http.ws_connect(url + urlencode({**GOOD, **options}), headers=KEY) as socket:
        first = await socket.receive_json()
        assert (first["type"], first["sequence_id"]) == ("Connected", 0)

        async def send() -> None:
            for frame in frames:
                await socket.send_bytes(bytes(frame.data))
                await asyncio.sleep(frame.duration / 2)
            await socket.send_json({"type": "CloseStream"})

        sending = asyncio.create_task(send())
        count = 0
        async for message in socket:
            turn = json.loads(message.data)
            if turn["type"] == "TurnInfo":
                count += 1
                assert turn["sequence_id"] == count
                assert turn["words"]
                assert turn["transcript"]
                yield turn["event"]
        await sending


async def test_flux_ignores_silence_and_noise(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    noise = np.random.default_rng(1).normal(0, 30, 48_000).astype(np.int16)
    frames = [
        rtc.AudioFrame(noise[i : i + 320].tobytes(), 16_000, 1, 320) for i in range(0, 48_000, 320)
    ]
    events = await heard(providers, flux(providers, http), frames)
    assert {event.type for event in events} <= {Kind.RECOGNITION_USAGE}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It was the best of times,", True),
        ("I would like to", True),
        ("And then, um...", True),
        ("It was the best of times.", False),
        ("What is it for?", True),
        ("How did he not know that?", False),
        ("He's a greater man than he was.", False),
        ("yes", False),
    ],
)
def test_flux_is_less_certain_after_words_that_go_on(text: str, expected: bool) -> None:
    assert goes_on(text) is expected


def test_flux_ends_turns_as_early_as_documented() -> None:
    """The sources are in the module."""

    def silence_ms(doubts: int, threshold: float) -> int:
        return next(ms for ms in range(0, 5_000, 20) if confidence(doubts, ms) >= threshold)

    end_ms = silence_ms(0, 0.7)
    assert 300 <= end_ms <= 400
    assert 150 <= end_ms - silence_ms(0, 0.5)
    assert end_ms - silence_ms(0, 0.4) <= 250
    assert 1_300 <= silence_ms(1, 0.7) <= 1_500
    assert silence_ms(2, 0.7) == silence_ms(3, 0.7) > 1_500


@pytest.mark.parametrize(
    ("file", "start_s", "end_s", "least_s", "most_s"),
    [
        pytest.param("endgame_nagg_nell", 0.02, 0.98, 0.3, 0.5, id="words and sound complete"),
        pytest.param("endgame_nagg_nell", 4.76, 8.12, 0.1, 0.5, id="comma is a full stop soon"),
        pytest.param("endgame_nagg_nell", 11.92, 14.08, 1.2, 1.6, id="comma is a full stop later"),
        pytest.param("endgame_nagg_nell", 4.52, 6.76, 1.2, 1.6, id="full stop but open sound"),
        pytest.param("two_cities", 29.86, 32.28, 2.0, 2.4, id="comma stays"),
    ],
)
async def test_flux_decides_by_words_and_sound(
    providers: Providers,
    http: aiohttp.ClientSession,
    recordings: Path,
    file: str,
    start_s: float,
    end_s: float,
    least_s: float,
    most_s: float,
) -> None:
    frames = recording(recordings / f"{file}.wav", start_s, end_s)[:-50]  # without its silence
    url = providers.environment["DEEPGRAM_BASE_URL"] + "/v2/listen?" + urlencode(GOOD)
    async with http.ws_connect(url, headers=KEY) as socket:
        await socket.send_bytes(bytes(16_000) + b"".join(bytes(frame.data) for frame in frames))
        silence_s = await _silence_until_end_of_turn(socket)
    assert least_s <= silence_s <= most_s


async def _silence_until_end_of_turn(socket: aiohttp.ClientWebSocketResponse) -> float:
    """Seconds of silence after which the turn ends; measured in sound, however slow the machine."""
    for tenths in range(1, 40):
        await socket.send_bytes(bytes(3_200))
        await socket.send_json({"type": "Configure"})
        async for message in socket:
            received = json.loads(message.data)
            if received.get("event") == "EndOfTurn":
                return tenths / 10
            if received["type"] == "ConfigureSuccess":
                break
    raise AssertionError("the turn did not end")


@pytest.mark.parametrize(
    "change",
    [
        {"model": ""},
        {"model": "flux-general-fr"},
        {"model": "nova-3"},
        {"encoding": "mp3"},
        {"language": "en"},
        {"endpointing": "25"},
        {"interim_results": "true"},
        {"eot_threshold": "0.4"},
        {"eot_threshold": "1.1"},
        {"eager_eot_threshold": "0.2"},
        {"eager_eot_threshold": "0.8"},  # above the default of eot_threshold
        {"eot_timeout_ms": "100"},
        {"eot_timeout_ms": "60001"},
        {"eot_timeout_ms": "soon"},
        {"language_hint": "en"},  # not for the English model
        {"model": "flux-general-multi", "language_hint": "pl"},
        {"model": "flux-general-multi", "language_hint": ""},
        {"keyterm": ""},
        {"keyterm": "x" * 101},
        {"keyterm": ["term"] * 101},
        {"keyterm": ["ten words each so that tokens run out here now"] * 60},
    ],
)
async def test_flux_refuses_what_deepgram_refuses(
    providers: Providers, http: aiohttp.ClientSession, change: dict[str, Any]
) -> None:
    url = providers.environment["DEEPGRAM_BASE_URL"] + "/v2/listen?"
    query = urlencode({**GOOD, **change}, doseq=True)
    async with http.get(url + query, headers=KEY) as answer:
        assert answer.status == 400
        assert {"err_code", "err_msg", "request_id"} <= set(await answer.json())


async def test_flux_accepts_what_deepgram_documents(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    url = providers.environment["DEEPGRAM_BASE_URL"] + "/v2/listen?"
    for change in (
        {"eager_eot_threshold": "0.6", "eot_threshold": "1.0", "eot_timeout_ms": "60000"},
        {"model": "flux-general-multi", "language_hint": ["en-GB", "de"]},
        {"keyterm": ["lockout tagout", "Sam"], "tag": "x", "numerals": "true"},
    ):
        query = urlencode({**GOOD, **change}, doseq=True)
        async with http.ws_connect(url + query, headers=KEY) as socket:
            assert (await socket.receive_json())["type"] == "Connected"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"model": "flux-general-en"}, "V2_MODEL_ON_V1_LISTEN_ENDPOINT"),
        ({"model": "nova-4"}, "Bad Request"),
        ({"model": "nova-3", "language": "cy"}, "Bad Request"),
        ({"model": "nova-3", "language": "pl-PL"}, "Bad Request"),
        ({"model": "nova-3", "language": "pl", "keyterm": ""}, "INVALID_QUERY_PARAMETER"),
    ],
)
async def test_listen_refuses_models_and_languages_it_does_not_have(
    providers: Providers, http: aiohttp.ClientSession, query: dict[str, str], code: str
) -> None:
    url = providers.environment["DEEPGRAM_BASE_URL"] + "/v1/listen?sample_rate=16000&"
    async with http.get(url + urlencode(query), headers=KEY) as answer:
        assert answer.status == 400
        assert (await answer.json())["err_code"] == code


async def test_configure_changes_a_running_stream_or_fails(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    url = providers.environment["DEEPGRAM_BASE_URL"] + "/v2/listen?" + urlencode(GOOD)
    async with http.ws_connect(url, headers=KEY) as socket:
        await socket.receive_json()
        thresholds = {"eot_threshold": 0.8, "eager_eot_threshold": 0.6}
        for change, kind in (
            ({"thresholds": thresholds, "keyterms": ["Sam"]}, "ConfigureSuccess"),
            ({"thresholds": {"eot_threshold": 0.55}}, "ConfigureFailure"),  # below the eager one
            ({"keyterms": [""]}, "ConfigureFailure"),
            ({"language_hints": ["de"]}, "ConfigureFailure"),
        ):
            await socket.send_json({"type": "Configure", **change})
            answer = await socket.receive_json()
            assert answer["type"] == kind, change
            if kind == "ConfigureSuccess":
                assert (answer["thresholds"], answer["keyterms"]) == (thresholds, ["Sam"])
        await socket.send_json({"type": "KeepAlive"})
        assert (await socket.receive_json())["type"] == "Error"


@pytest.mark.parametrize(
    ("fault", "expected", "status"),
    [
        ("stt:401", APIStatusError, 401),
        ("stt:refuse", APIConnectionError, None),
        ("stt:drop=0.5", APIError, None),
    ],
)
async def test_flux_fault_raises_in_the_plugin(
    providers: Providers,
    http: aiohttp.ClientSession,
    recordings: Path,
    fault: str,
    expected: type[Exception],
    status: int | None,
) -> None:
    await providers.faults(fault)
    with pytest.raises(expected) as failed:
        await heard(providers, flux(providers, http), recording(recordings / "beckett.wav", 0, 3))
    if status:
        assert failed.value.status_code == status  # type: ignore[attr-defined]


async def test_flux_faults_change_the_turns(
    providers: Providers, http: aiohttp.ClientSession, recordings: Path
) -> None:
    frames = recording(recordings / "beckett.wav", 0, 1.6)
    await providers.faults("stt:never-final")
    kinds = {event.type for event in await heard(providers, flux(providers, http), frames, speed=4)}
    assert Kind.INTERIM_TRANSCRIPT in kinds
    assert Kind.FINAL_TRANSCRIPT not in kinds
    await providers.faults("stt:slow=1.5x1")
    began = time.monotonic()
    assert words(await heard(providers, flux(providers, http), frames)) == ["ever", "tried"]
    assert time.monotonic() - began > 1.5
    await providers.faults("stt:garbage")
    assert words(await heard(providers, flux(providers, http), frames)) == ["ever", "tried"]
