"""Gemini: the key, and each of its models that is asked to answer or to speak.

Route: https://ai.google.dev/api/models#method:-models.get. A model that is listed may still refuse
a new project (Google keeps some for those who used them before): only a greeting shows that.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

from agent.cli.doctor.answer import Answer, Caller, NoAnswer
from agent.cli.doctor.finding import Finding, failed, ok, skipped
from agent.cli.doctor.given import Given, plain
from agent.cli.doctor.status import refused
from agent.core.provider_advice import PROVIDER_ADVICE
from agent.speech.voices import gemini_voice

_WHO = "Gemini"
_KEY = "set GOOGLE_API_KEY to one from aistudio.google.com"
_ADVICE = {
    **PROVIDER_ADVICE,
    400: f"it refuses the key or this machine's country; {_KEY}",
    401: f"the key is not accepted; {_KEY}",
    403: "the key may not use the Gemini API; enable it for the key's project, or lift the key's "
    f"restrictions, or {_KEY}",
}


async def check(given: Given, caller: Caller) -> AsyncIterator[Finding]:
    if lacking := given.lacks("GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL"):
        yield skipped("gemini.key", lacking)
        yield skipped("gemini.model", lacking)
        return
    base = given.worker.google_gemini_base_url
    headers = {"x-goog-api-key": plain(given.worker.google_api_key)}
    models = _models(given)

    async def get(path: str) -> Answer | NoAnswer:
        try:
            return await caller.ask(_WHO, "GET", f"{base}/v1beta/models{path}", headers=headers)
        except NoAnswer as e:
            return e

    listed, *answers = await asyncio.gather(
        get("?pageSize=1"), *(get(f"/{quote(model, safe='')}") for model in models)
    )
    key = _key(listed)
    if key is not None:
        yield key
        yield skipped("gemini.model", "the key could not be used")
        return
    yield ok("gemini.key", f"{_WHO} accepts GOOGLE_API_KEY")
    for (model, names), answer in zip(models.items(), answers, strict=True):
        yield _model(model, names, answer)


def _key(answer: Answer | NoAnswer) -> Finding | None:
    """What is wrong with the key; None: nothing."""
    if isinstance(answer, NoAnswer):
        return failed(
            "gemini.key", f"{_WHO}: {answer.what}", f"{answer.fix} (GOOGLE_GEMINI_BASE_URL)"
        )
    if answer.status == 400 and "API_KEY_INVALID" in answer.text:
        return failed("gemini.key", f"{_WHO} does not accept GOOGLE_API_KEY", _KEY)
    if answer.status == 400 and "location is not supported" in answer.text.lower():
        return failed(
            "gemini.key",
            f"{_WHO} is not offered in this machine's country",
            "run the worker elsewhere, or set GOOGLE_GEMINI_BASE_URL to a proxy that is",
        )
    if answer.status == 404:
        return refused("gemini.key", _WHO, 404, {})
    if answer.status != 200 or not isinstance(answer.json(), dict):
        return refused("gemini.key", _WHO, answer.status, _ADVICE)
    return None


def _models(given: Given) -> dict[str, list[str]]:
    """Each model that is asked, and the settings that name it."""
    worker = given.worker
    wanted = [
        ("GEMINI_MODEL", worker.gemini_model),
        ("GEMINI_FALLBACK_MODEL", worker.gemini_fallback_model),
    ]
    voices = [*worker.voices.values(), worker.fallback_voice]
    if any(gemini_voice(voice) for voice in voices):
        wanted.append(("GEMINI_TTS_MODEL", worker.gemini_tts_model))
    found: dict[str, list[str]] = {}
    for name, model in wanted:
        if model and not given.lacks(name):
            found.setdefault(model.removeprefix("models/"), []).append(name)
    return found


def _model(model: str, names: list[str], answer: Answer | NoAnswer) -> Finding:
    named = f"{model} ({', '.join(names)})"
    if isinstance(answer, NoAnswer):
        return failed("gemini.model", f"{named}: {answer.what}", answer.fix)
    if answer.status == 404:
        return failed(
            "gemini.model",
            f"{_WHO} has no model {named}",
            f"check {names[0]}: models are retired; see ai.google.dev/gemini-api/docs/models",
        )
    told = answer.json()
    if answer.status != 200 or not isinstance(told, dict):
        return refused("gemini.model", _WHO, answer.status, _ADVICE, f"asked for {named}")
    methods = told.get("supportedGenerationMethods")
    if isinstance(methods, list) and methods and "generateContent" not in methods:
        return failed(
            "gemini.model",
            f"the model {named} cannot hold a conversation",
            f"check {names[0]}: it must support generateContent",
        )
    return ok("gemini.model", f"{_WHO} has {named}")
