"""Gemini: the API key, and one small call of each LLM and each voice that is configured.

Routes: https://ai.google.dev/api/models#method:-models.list, and the one that greetings use. Google
lists some models that new projects cannot use; only a call shows that. The few tokens are billed.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from agent.cli.doctor.checks import gemini_transcription, vertex
from agent.cli.doctor.configuration import Configuration, plain
from agent.cli.doctor.http_client import HttpClient, NoResponse, Response
from agent.cli.doctor.provider_response import unexpected_status
from agent.cli.doctor.result import CheckResult, Level, failed, ok, skipped, warning
from agent.core.provider_advice import PROVIDER_ADVICE
from agent.speech.gemini_thinking import thinking_of
from agent.speech.voices import gemini_voice

_PROVIDER = "Gemini"
_TTS = "GEMINI_TTS_MODEL"
_Answer = Response | NoResponse
_Call = Callable[..., Awaitable[_Answer]]
"""Takes the method, the path below the models' address, and the body."""
_KEY = "set GOOGLE_API_KEY to a key from aistudio.google.com"
_MODEL_FIX = (
    "a model that this project may use: this one may be retired, or missing in "
    "GOOGLE_CLOUD_LOCATION; see ai.google.dev/gemini-api/docs/models"
)
_ADVICE = {
    **PROVIDER_ADVICE,
    400: f"it rejects the key, or does not serve this machine's country; {_KEY}",
    401: f"it does not accept the key; {_KEY}",
    403: "the key may not use the Gemini API; enable the API for the key's project, remove the "
    f"restrictions of the key, or {_KEY}",
}
_VERTEX_ADVICE = {
    **PROVIDER_ADVICE,
    401: "it does not accept the token; create a new key for the service account",
    403: "the service account may not use Vertex AI; enable the Vertex AI API for the project, and "
    "give the account the role Vertex AI User (roles/aiplatform.user)",
}


async def check(config: Configuration, http: HttpClient) -> AsyncIterator[CheckResult]:
    if unusable := config.lacks("GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL"):
        for name in ("gemini.key", "gemini.model", "gemini.voices", gemini_transcription.CHECK):
            yield skipped(name, unusable)
        return
    base = config.worker.google_gemini_base_url
    headers = {"x-goog-api-key": plain(config.worker.google_api_key)}
    if config.worker.google_genai_use_vertexai:
        async for found in _check_vertex(config, http):
            yield found
        yield await gemini_transcription.check(config, http, base, headers)
        return

    call = _caller(http, _PROVIDER, f"{base}/v1beta/models", headers)
    key = _key(await call("GET", "?pageSize=1"))
    yield key
    if key.level is not Level.OK:
        for name in ("gemini.model", "gemini.voices", gemini_transcription.CHECK):
            yield skipped(name, "GOOGLE_API_KEY is not usable: see above")
        return
    async for found in _use(config, call, _ADVICE):
        yield found
    yield await gemini_transcription.check(config, http, base, headers)


async def _check_vertex(config: Configuration, http: HttpClient) -> AsyncIterator[CheckResult]:
    worker = config.worker
    token = await vertex.access_token(config)
    if isinstance(token, CheckResult):
        yield token
        for name in ("gemini.model", "gemini.voices"):
            yield skipped(name, "Vertex AI is not usable: see above")
        return
    yield ok("gemini.key", f"Google accepts the credentials for {worker.google_cloud_project}")

    authorization = {"Authorization": f"Bearer {token}"}
    call = _caller(http, "Vertex AI", vertex.models_address(worker), authorization)
    async for result in _use(config, call, _VERTEX_ADVICE):
        yield result


def _caller(http: HttpClient, provider: str, models: str, headers: dict[str, str]) -> _Call:
    """Return a function that calls the API of the models at this address."""

    async def call(method: str, path: str, body: dict[str, Any] | None = None) -> _Answer:
        try:
            return await http.request(
                provider,
                method,
                models + path,
                headers=headers | {"Content-Type": "application/json"},
                body=json.dumps(body).encode() if body else None,
            )
        except NoResponse as e:
            return e

    return call


async def _use(
    config: Configuration, call: _Call, advice: Mapping[int, str]
) -> AsyncIterator[CheckResult]:
    """Let each model say one word, and each voice."""
    models, voices = _models(config), _voices(config)
    said, spoken = await asyncio.gather(
        asyncio.gather(*(call("POST", *_question(model)) for model in models)),
        asyncio.gather(*(call("POST", *_line(config.worker.gemini_tts_model, v)) for v in voices)),
    )
    for (model, names), answer in zip(models.items(), said, strict=True):
        yield _replied(model, names, answer, advice)
    if voices:
        yield _spoke(dict(zip(voices, spoken, strict=True)), advice)
    else:
        yield skipped(
            "gemini.voices", f"no voice of {_PROVIDER} is configured, or {_TTS} is not usable"
        )


def _question(model: str) -> tuple[str, dict[str, Any]]:
    """Path and body of the smallest question, with the thinking settings of a greeting."""
    config: dict[str, Any] = {"maxOutputTokens": 16}
    if thinking := thinking_of(model):
        named = {"thinking_budget": "thinkingBudget", "thinking_level": "thinkingLevel"}
        config["thinkingConfig"] = {named[name]: value for name, value in thinking.items()}
    return _path(model), {"contents": _said("Say OK."), "generationConfig": config}


def _line(model: str, voice: str) -> tuple[str, dict[str, Any]]:
    """Path and body of the shortest line."""
    speech = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice}}}
    config = {"responseModalities": ["AUDIO"], "speechConfig": speech}
    return _path(model), {"contents": _said("OK."), "generationConfig": config}


def _path(model: str) -> str:
    return f"/{quote(model.removeprefix('models/'), safe='')}:streamGenerateContent?alt=sse"


def _said(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "parts": [{"text": text}]}]


def _replied(
    model: str, names: list[str], answer: _Answer, advice: Mapping[int, str]
) -> CheckResult:
    named = f"{model} ({', '.join(names)})"
    if isinstance(answer, NoResponse):
        return failed("gemini.model", f"{named}: {answer.what}", answer.fix)
    if answer.status == 200 and thinking_of(model) is None:
        return warning(
            "gemini.model",
            f"{named} answers, but this version does not know how to limit its thinking",
            f"if replies come late, set {names[0]} to a model such as gemini-3.5-flash-lite",
        )
    if answer.status == 200:
        return ok("gemini.model", f"{named} answers")
    if answer.status == 400 and "thinking" in answer.text.lower():
        return warning(
            "gemini.model",
            f"{named} refuses its thinking settings; greetings continue without them, and slower",
            f"set {names[0]} to another model; see ai.google.dev/gemini-api/docs/thinking",
        )
    if answer.status in (400, 404):
        return failed(
            "gemini.model",
            f"{named} does not answer: status {answer.status}",
            f"set {names[0]} to {_MODEL_FIX}",
        )
    return unexpected_status(
        "gemini.model", _PROVIDER, answer.status, advice, f"asked {named} to say one word"
    )


def _spoke(answers: dict[str, _Answer], advice: Mapping[int, str]) -> CheckResult:
    """Return the result for all voices: the first problem, if there is one."""
    check = "gemini.voices"
    unknown = [v for v, a in answers.items() if isinstance(a, Response) and a.status == 400]
    if unknown:
        return failed(
            check,
            f"{_PROVIDER} has no voice {', '.join(unknown)}",
            "check VOICES and FALLBACK_VOICE; see ai.google.dev/gemini-api/docs/speech-generation",
        )
    for voice, answer in answers.items():
        if isinstance(answer, NoResponse):
            return failed(check, f"gemini:{voice}: {answer.what}", answer.fix)
        if answer.status == 404:
            what = f"the model in {_TTS} does not answer: status 404"
            return failed(check, what, f"set {_TTS} to {_MODEL_FIX}")
        if answer.status != 200:
            said = f"said one word with gemini:{voice}"
            return unexpected_status(check, _PROVIDER, answer.status, advice, said)
        if not re.search(r'"inline_?[dD]ata"', answer.text):
            return failed(check, f"gemini:{voice} sends no sound", f"set {_TTS} to another model")
    return ok(check, f"all {len(answers)} voices of {_PROVIDER} speak: {', '.join(answers)}")


def _key(response: _Answer) -> CheckResult:
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
    return ok("gemini.key", f"{_PROVIDER} accepts GOOGLE_API_KEY")


def _models(config: Configuration) -> dict[str, list[str]]:
    """Return each LLM that is configured, and the settings that name it."""
    worker = config.worker
    wanted = {
        "GEMINI_MODEL": worker.gemini_model,
        "GEMINI_FALLBACK_MODEL": worker.gemini_fallback_model,
    }
    found: dict[str, list[str]] = {}
    for name, model in wanted.items():
        if model and not config.lacks(name):
            found.setdefault(model.removeprefix("models/"), []).append(name)
    return found


def _voices(config: Configuration) -> list[str]:
    """Return the names of Gemini's voices in VOICES and FALLBACK_VOICE, if they can be used."""
    if config.lacks("VOICES", "FALLBACK_VOICE", _TTS):
        return []
    named = (*config.worker.voices.values(), config.worker.fallback_voice)
    return sorted({name for voice in named if (name := gemini_voice(voice))})
