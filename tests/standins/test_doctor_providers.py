"""`doctor` makes one small call of each model, voice and locale, as a greeting would."""

from __future__ import annotations

import re

import aiohttp
import pytest

from agent.cli.doctor.checks import deepgram, gemini
from agent.cli.doctor.configuration import read_configuration
from agent.cli.doctor.http_client import HttpClient
from tests.support.doctor_report import as_lines
from tests.support.providers import Providers


async def results(providers: Providers, http: aiohttp.ClientSession, **variables: str) -> list[str]:
    """The lines about Deepgram and Gemini: `level check what → fix`."""
    environ = {"DEEPGRAM_API_KEY": "k" * 40, "GOOGLE_API_KEY": "k" * 40, **variables}
    config = read_configuration(environ | providers.environment, parts=frozenset({"worker"}))
    client = HttpClient(http)
    found = await deepgram.check(config, client)
    found += await gemini.check(config, client)
    return as_lines(found)


async def test_doctor_calls_every_model_voice_and_locale(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    lines = await results(providers, http)
    assert {line.split()[0] for line in lines} == {"ok"}, lines
    calls = await providers.calls()
    asked = [call["detail"] for call in calls if call["status"] in (101, 200)]
    models = {detail["model"] for detail in asked if "model" in detail}
    assert models >= {
        *("gemini-3.5-flash-lite", "gemini-2.5-flash-lite", "gemini-3.1-flash-tts-preview"),
        *("aura-2-andromeda-en", "aura-2-celeste-es", "aura-2-agathe-fr", "aura-2-viktoria-de"),
        *("aura-2-livia-it", "aura-2-rhea-nl", "aura-2-izanami-ja"),
    }
    assert any("Kore" == detail.get("voice") for detail in asked)


@pytest.mark.parametrize(
    ("variables", "faults", "line"),
    [
        (
            {"GEMINI_MODEL": "gemini-3.5-flash-light"},
            [],
            r"failed gemini\.model gemini-3\.5-flash-light \(.*\) does not answer: status 404 .*",
        ),
        (
            {"GEMINI_TTS_MODEL": "gemini-9-flash-tts-preview"},
            [],
            r"failed gemini\.voices .* GEMINI_TTS_MODEL does not answer: .* → set GEMINI_TTS_.*",
        ),
        (
            {"GEMINI_MODEL": "gemini-flash-latest"},
            [],
            r"warning gemini\.model gemini-flash-latest \(GEMINI_MODEL\) answers, but .*",
        ),
        (
            {},
            ["llm:no-level"],
            r"warning gemini\.model gemini-3\.5-flash-lite \(.*\) refuses its thinking .*",
        ),
        (
            {"GEMINI_MODEL": "gemini-3.1-flash-tts-preview"},
            [],
            r"failed gemini\.model gemini-3\.1-flash-tts-preview \(GEMINI_MODEL\) does not "
            r"answer: status 400 → set GEMINI_MODEL to .*",
        ),
        (
            {"VOICES": "en=gemini:Nobody"},
            [],
            r"failed gemini\.voices Gemini has no voice Nobody → check VOICES .*",
        ),
        ({}, ["tts:silent"], r"failed gemini\.voices gemini:Kore sends no sound → .*"),
        (
            {"VOICES": "en=aura-2-nobody-en,es=aura-2-celeste-es"},
            [],
            r"failed deepgram\.voices Deepgram has no voice aura-2-nobody-en → check VOICES .*",
        ),
        (
            {"VOICES": "en=aura-2-celeste-es"},
            ["aura:403"],
            r"failed deepgram\.voices Deepgram answers 403 → .*aura-2-celeste-es.*",
        ),
        (
            {"VOICES": "en=aura-2-celeste-es"},
            ["aura:silent"],
            r"failed deepgram\.voices Deepgram: .* → .*aura-2-celeste-es.*",
        ),
        (
            {"DEEPGRAM_STT_MODEL": "nova-3-medical"},
            [],
            r"failed deepgram\.hears Deepgram has no STT model for .* \(nova-3-medical\).* → "
            r"set DEEPGRAM_STT_MODEL.*",
        ),
        (
            {"DEEPGRAM_STT_MODEL": "parrot-1"},
            [],
            r"failed deepgram\.hears Deepgram has no STT model for de \(parrot-1\).* → .*",
        ),
    ],
)
async def test_doctor_names_what_fails_and_what_to_set(
    providers: Providers,
    http: aiohttp.ClientSession,
    variables: dict[str, str],
    faults: list[str],
    line: str,
) -> None:
    await providers.faults(*faults)
    lines = await results(providers, http, **variables)
    assert any(re.fullmatch(line, found) for found in lines), lines
