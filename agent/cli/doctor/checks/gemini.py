"""Gemini: the API key, and each model that is configured as LLM or TTS.

Route: https://ai.google.dev/api/models#method:-models.get. Google lists some models
that new projects cannot use; only a greeting shows that.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

from agent.cli.doctor.configuration import Configuration, plain
from agent.cli.doctor.http_client import HttpClient, NoResponse, Response
from agent.cli.doctor.provider_response import unexpected_status
from agent.cli.doctor.result import CheckResult, failed, ok, skipped
from agent.core.provider_advice import PROVIDER_ADVICE
from agent.speech.voices import gemini_voice

_PROVIDER = "Gemini"
_KEY = "set GOOGLE_API_KEY to a key from aistudio.google.com"
_ADVICE = {
    **PROVIDER_ADVICE,
    400: f"it rejects the key, or does not serve this machine's country; {_KEY}",
    401: f"it does not accept the key; {_KEY}",
    403: "the key may not use the Gemini API; enable the API for the key's project, remove the "
    f"restrictions of the key, or {_KEY}",
}


async def check(config: Configuration, http: HttpClient) -> AsyncIterator[CheckResult]:
    if unusable := config.lacks("GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL"):
        yield skipped("gemini.key", unusable)
        yield skipped("gemini.model", unusable)
        return
    base = config.worker.google_gemini_base_url
    headers = {"x-goog-api-key": plain(config.worker.google_api_key)}
    models = _models(config)

    async def get(path: str) -> Response | NoResponse:
        try:
            return await http.request(
                _PROVIDER, "GET", f"{base}/v1beta/models{path}", headers=headers
            )
        except NoResponse as e:
            return e

    listed, *answers = await asyncio.gather(
        get("?pageSize=1"), *(get(f"/{quote(model, safe='')}") for model in models)
    )
    key = _key(listed)
    if key is not None:
        yield key
        yield skipped("gemini.model", "GOOGLE_API_KEY is not usable: see above")
        return
    yield ok("gemini.key", f"{_PROVIDER} accepts GOOGLE_API_KEY")
    for (model, names), response in zip(models.items(), answers, strict=True):
        yield _model(model, names, response)


def _key(response: Response | NoResponse) -> CheckResult | None:
    """Return what is wrong with the key; None if it is accepted."""
    if isinstance(response, NoResponse):
        return failed(
            "gemini.key",
            f"{_PROVIDER}: {response.what}",
            f"{response.fix} (GOOGLE_GEMINI_BASE_URL)",
        )
    if response.status == 400 and "API_KEY_INVALID" in response.text:
        return failed("gemini.key", f"{_PROVIDER} does not accept GOOGLE_API_KEY", _KEY)
    if response.status == 400 and "location is not supported" in response.text.lower():
        return failed(
            "gemini.key",
            f"{_PROVIDER} is not available in the country of this machine",
            "run the worker in another country, or set GOOGLE_GEMINI_BASE_URL to a proxy there",
        )
    if response.status == 404:
        return unexpected_status("gemini.key", _PROVIDER, 404, {})
    if response.status != 200 or not isinstance(response.json(), dict):
        return unexpected_status("gemini.key", _PROVIDER, response.status, _ADVICE)
    return None


def _models(config: Configuration) -> dict[str, list[str]]:
    """Return each model that is configured, and the settings that name it."""
    worker = config.worker
    wanted = [
        ("GEMINI_MODEL", worker.gemini_model),
        ("GEMINI_FALLBACK_MODEL", worker.gemini_fallback_model),
    ]
    voices = [*worker.voices.values(), worker.fallback_voice]
    if any(gemini_voice(voice) for voice in voices):
        wanted.append(("GEMINI_TTS_MODEL", worker.gemini_tts_model))
    found: dict[str, list[str]] = {}
    for name, model in wanted:
        if model and not config.lacks(name):
            found.setdefault(model.removeprefix("models/"), []).append(name)
    return found


def _model(model: str, names: list[str], response: Response | NoResponse) -> CheckResult:
    named = f"{model} ({', '.join(names)})"
    if isinstance(response, NoResponse):
        return failed("gemini.model", f"{named}: {response.what}", response.fix)
    if response.status == 404:
        return failed(
            "gemini.model",
            f"{_PROVIDER} has no model {named}",
            f"check {names[0]}: the model may be retired; see ai.google.dev/gemini-api/docs/models",
        )
    data = response.json()
    if response.status != 200 or not isinstance(data, dict):
        return unexpected_status(
            "gemini.model", _PROVIDER, response.status, _ADVICE, f"requested {named}"
        )
    methods = data.get("supportedGenerationMethods")
    if isinstance(methods, list) and methods and "generateContent" not in methods:
        return failed(
            "gemini.model",
            f"the model {named} does not generate text",
            f"check {names[0]}: it must support generateContent",
        )
    return ok("gemini.model", f"{_PROVIDER} has {named}")
