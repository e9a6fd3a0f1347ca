"""Which speech recognition a conversation uses, and how it finds the end of a turn."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
import pytest
from aiohttp import web
from livekit.agents import APIConnectOptions, APIError, LanguageCode, inference, stt
from livekit.plugins import deepgram
from multidict import MultiDict

from agent.conversation.conversation import Conversation
from agent.conversation.state import GreetingState
from agent.core.errors import ConfigError
from agent.core.events import Events
from agent.core.job_metadata import JobMetadata
from agent.core.settings import VoiceSettings
from agent.demo.providers.deepgram.rules import query_problem
from agent.demo.providers.wire import serving
from agent.speech.endpointing import DETECTOR_STRICTNESS
from agent.speech.keyterms import usable_keyterms
from agent.speech.models import build_llm
from agent.speech.recognition import build_recognition
from agent.speech.recognition_models import RecognitionChoice, choose_recognition
from agent.worker.job_log import log_provider_errors_once
from tests.support.environments import RECOGNITION

MULTI = "flux-general-multi"


@pytest.mark.parametrize(
    ("model", "locales", "choice"),
    [
        (MULTI, ["es-MX", "en", "es-MX", "de"], (MULTI, ("de", "en", "es"))),
        (MULTI, ["en", "en-GB"], ("flux-general-en", ())),
        # Flux's English model cannot serve a script that the trainee may hear in German.
        ("flux-general-en", ["en", "de"], (MULTI, ("de", "en"))),
        (MULTI, ["en", "pl"], ("flux-general-en", ())),
        (MULTI, ["pl-PL", "en"], ("nova-3", ("pl",))),
        (MULTI, ["nb-NO"], ("nova-3", ("no",))),
        (MULTI, ["zh-TW"], ("nova-3", ("zh-tw",))),
        ("nova-3", ["es-MX", "en"], ("nova-3", ("multi",))),
        ("nova-3", ["pl", "en"], ("nova-3", ("pl",))),
        ("nova-2", ["es-MX"], ("nova-2", ("es-MX",))),
    ],
)
def test_choose_recognition_takes_a_model_that_knows_the_language(
    model: str, locales: list[str], choice: tuple[str, tuple[str, ...]]
) -> None:
    assert choose_recognition(model, locales) == RecognitionChoice(*choice)


@pytest.mark.parametrize("model", [MULTI, "flux-general-en", "nova-3"])
def test_deepgram_accepts_the_choice_for_every_locale(model: str) -> None:
    languages = (
        "ar ar-EG bg bn ca cs cy da da-DK de de-AT de-CH el en en-US es es-419 es-MX et eu fa fi fr"
        " fr-CA ga gl he hi hr hu id is it ja ka ko ko-KR lt lv mk mr ms mt nb nl nl-BE no pl pt-BR"
        " ro ru sk sl sr sv sw ta te th tr uk ur vi zh zh-CN zh-HK zh-TW zu"
    )
    for locale in languages.split():
        for others in ([], ["en"], ["pl", "de"]):
            choice = choose_recognition(model, [locale, *others])
            assert query_problem(choice.path, MultiDict(choice.query)) is None, choice


def test_flux_finds_the_end_of_a_turn_itself() -> None:
    settings = VoiceSettings.from_env(RECOGNITION)
    recognition = build_recognition(settings, RecognitionChoice(MULTI, ("es", "en")), Events())
    assert isinstance(recognition.stt, deepgram.STTv2)
    options = recognition.stt._opts
    assert (options.model, options.language_hint) == (MULTI, ["es", "en"])
    assert 0.3 <= options.eager_eot_threshold <= options.eot_threshold <= 0.9
    assert options.mip_opt_out
    assert recognition.turn_handling["turn_detection"] == "stt"
    assert recognition.turn_handling["endpointing"]["min_delay"] == 0


@pytest.mark.parametrize(("detector", "version"), [("local", "v1-mini"), ("cloud", "v1")])
def test_other_models_use_the_turn_detector(
    detector: str, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"):
        monkeypatch.setenv(name, "key")
    settings = VoiceSettings.from_env({**RECOGNITION, "TURN_DETECTOR": detector})
    recognition = build_recognition(settings, RecognitionChoice("nova-3", ("multi",)), Events())
    assert isinstance(recognition.stt, deepgram.STT)
    used = recognition.turn_handling["turn_detection"]
    assert isinstance(used, inference.TurnDetector)
    assert used.model.endswith(version)


async def test_local_detector_is_less_strict_than_by_default(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = VoiceSettings.from_env(RECOGNITION)
    recognition = build_recognition(settings, RecognitionChoice("nova-3", ("de",)), Events())
    detector = recognition.turn_handling["turn_detection"]
    own = inference.TurnDetector(version="v1-mini")
    assert isinstance(detector, inference.TurnDetector)
    for language in map(LanguageCode, ("de", "en", "es", "fr")):
        usual = await own.unlikely_threshold(language)
        assert usual is not None
        lower = usual * DETECTOR_STRICTNESS
        assert await detector.unlikely_threshold(language) == pytest.approx(lower)
    assert not caplog.records


@pytest.mark.parametrize("model", ["flux-general-en", "nova-3"])
async def test_lost_connection_is_raised_and_not_logged_as_an_error_in_a_job(
    model: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def listen(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.close(code=1011)
        return socket

    monkeypatch.setattr(caplog.handler, "filters", [log_provider_errors_once])
    choice = choose_recognition(model, ["en"])
    app = web.Application()
    app.add_routes([web.get(choice.path, listen)])
    async with serving(app) as url, aiohttp.ClientSession() as http:
        settings = VoiceSettings.from_env({**RECOGNITION, "DEEPGRAM_BASE_URL": url})
        recognition = build_recognition(settings, choice, Events())
        monkeypatch.setattr(recognition.stt, "_session", http)
        stream = recognition.stt.stream(conn_options=APIConnectOptions(max_retry=0, timeout=30))
        async with asyncio.timeout(30):
            with pytest.raises(APIError):
                async for _ in stream:
                    pass
        await stream.aclose()
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == []


def test_thresholds_out_of_range_name_the_variable() -> None:
    for name, value in (
        ("DEEPGRAM_EOT_THRESHOLD", "0.4"),
        ("DEEPGRAM_EAGER_EOT_THRESHOLD", "0.95"),
        ("DEEPGRAM_EAGER_EOT_THRESHOLD", "0.2"),
        ("DEEPGRAM_EOT_TIMEOUT_MS", "100"),
    ):
        with pytest.raises(ConfigError, match=name):
            VoiceSettings.from_env({**RECOGNITION, name: value})


def test_eager_threshold_is_at_most_the_threshold() -> None:
    with pytest.raises(ConfigError, match="DEEPGRAM_EAGER_EOT_THRESHOLD"):
        VoiceSettings.from_env(
            {**RECOGNITION, "DEEPGRAM_EOT_THRESHOLD": "0.5", "DEEPGRAM_EAGER_EOT_THRESHOLD": "0.6"}
        )


@pytest.mark.parametrize(
    ("text", "shortest", "longest"),
    [
        ("Do you hear me?", 0.3, 0.5),
        ("Ja, das weiß ich.", 0.6, 1.6),
        ("はい。", 0.6, 1.6),
        ("It was the best of times,", 1.6, 2.0),
        ("And then I…", 1.6, 2.0),
        ("I was there because", 1.6, 2.0),
        ("And then I...", 1.6, 2.0),
        ("what do we do today then", 0.3, 0.5),
        ("wie lange dauert das", 0.3, 0.5),
        ("how long", 0.6, 2.0),
        ("I would like to", 1.6, 2.0),
        ("something without punctuation", 0.6, 2.0),
    ],
)
def test_punctuation_decides_how_long_nova_3_waits(
    text: str, shortest: float, longest: float
) -> None:
    settings = VoiceSettings.from_env(RECOGNITION)
    final = stt.SpeechEvent(
        type=stt.SpeechEventType.FINAL_TRANSCRIPT,
        alternatives=[stt.SpeechData(language=LanguageCode("en"), text=text)],
    )
    nova = build_recognition(settings, RecognitionChoice("nova-3", ("multi",)), Events())
    assert nova.delays_after(final) == {"min_delay": shortest, "max_delay": longest}
    flux = build_recognition(settings, RecognitionChoice(MULTI, ("en",)), Events())
    assert flux.delays_after(final) is None


def test_keyterms_fit_into_the_limits_of_deepgram() -> None:
    terms = [
        "Ada",
        "",
        "  ",
        "lockout, tagout",
        "Ada",
        "x" * 101,
        *(f"word{n}" for n in range(200)),
    ]
    found = usable_keyterms(terms)
    assert found[:3] == ["Ada", "lockout tagout", "word0"]
    assert len(found) <= 100
    for path, model in (("/v2/listen", "flux-general-en"), ("/v1/listen", "nova-3")):
        query = MultiDict([("model", model), *(("keyterm", term) for term in found)])
        assert query_problem(path, query) is None


@pytest.mark.parametrize(
    ("term", "most"), [("安全培训" * 5, 22), ("Безопасность", 37), ("ทดสอบ", 90), ("safety", 100)]
)
def test_keyterms_count_a_token_for_each_character_that_is_not_ascii(term: str, most: int) -> None:
    found = usable_keyterms([f"{chr(0x4E00 + n)}{term}" for n in range(300)])
    tokens = sum(1 if ord(c) > 127 else 0.5 for term in found for c in term)
    assert tokens <= 500
    assert 0 < len(found) <= most


async def test_recognition_is_told_the_name_the_training_and_the_terms_of_the_script() -> None:
    settings = VoiceSettings.from_env(RECOGNITION)
    metadata = JobMetadata.model_validate(
        {"trainee": {"name": "Ngozi"}, "training_type": "forklift", "locale": "en"}
    )
    state = GreetingState(metadata=metadata)
    conversation = Conversation(build_llm(settings), state, settings)
    terms = conversation.session.keyterms
    assert terms[0] == "Ngozi"
    assert state.script.training in terms
    conversation.script_in_use.switch_language("de")
    assert state.script.training in conversation.session.keyterms
    assert terms != conversation.session.keyterms
