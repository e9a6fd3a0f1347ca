"""Gemini: the API key, one small call of each LLM and each voice, and speech recognition.

Routes: https://ai.google.dev/api/models#method:-models.list, and those that greetings use. Google
lists some models that new projects cannot use; only a call shows that. The few tokens are billed.
Speech recognition gets no audio.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp

from agent.cli.doctor.checks import vertex
from agent.cli.doctor.configuration import Configuration, plain
from agent.cli.doctor.http_client import HttpClient, NoResponse, Response
from agent.cli.doctor.result import (
    CheckResult,
    Level,
    failed,
    ok,
    reports,
    skipped,
    unexpected,
    warning,
)
from agent.core.provider_advice import PROVIDER_ADVICE
from agent.speech.gemini_live import LIVE_PATH, live_setup
from agent.speech.gemini_thinking import thinking_of
from agent.speech.voices import gemini_voice

_PROVIDER = "Gemini"
_TTS = "GEMINI_TTS_MODEL"
_Answer = Response | NoResponse
_HEARS = "gemini.hears"
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


@dataclass(frozen=True)
class _Models:
    """The API of the models: Gemini's, or Vertex AI's."""

    http: HttpClient
    url: str
    headers: Mapping[str, str]
    advice: Mapping[int, str]
    """What to do, by HTTP status."""

    async def say(self, model: str, text: str, config: dict[str, Any]) -> _Answer:
        """Let a model answer a text."""
        name = quote(model.removeprefix("models/"), safe="")
        content = {"role": "user", "parts": [{"text": text}]}
        try:
            return await self.http.request(
                _PROVIDER,
                "POST",
                f"{self.url}/{name}:streamGenerateContent?alt=sse",
                headers={**self.headers, "Content-Type": "application/json"},
                body=json.dumps({"contents": [content], "generationConfig": config}).encode(),
            )
        except NoResponse as e:
            return e

    async def reply(self, model: str) -> tuple[_Answer, bool]:
        """Let a model say one word as in a greeting; True if it refuses its thinking settings."""
        brief = {"maxOutputTokens": 16}
        answer = await self.say(model, "Say OK.", brief | _thinking(model))
        if answer.status == 400 and _thinking(model):
            # Google's message may be "Request contains an invalid argument." for any reason.
            without = await self.say(model, "Say OK.", brief)
            if without.status == 200:
                return without, True
        return answer, False


@reports(
    "gemini.key",
    "gemini.model",
    "gemini.voices",
    _HEARS,
    needs=("GOOGLE_GEMINI_BASE_URL",),
    address="GOOGLE_GEMINI_BASE_URL",
)
async def check(config: Configuration, http: HttpClient) -> AsyncIterator[CheckResult]:
    worker = config.worker
    base, key = worker.google_gemini_base_url, {"x-goog-api-key": plain(worker.google_api_key)}
    if worker.google_genai_use_vertexai:
        token = await vertex.access_token(config)
        project = worker.google_cloud_project
        accepted = ok("gemini.key", f"Google accepts the credentials for {project}")
        found = token if isinstance(token, CheckResult) else accepted
        bearer = {"Authorization": f"Bearer {token}"}
        models = _Models(http, vertex.models_address(worker), bearer, _VERTEX_ADVICE)
    elif unusable := config.lacks("GOOGLE_API_KEY"):
        yield skipped("gemini.key", unusable)
        return
    else:
        models = _Models(http, f"{base}/v1beta/models", key, _ADVICE)
        found = _key(await http.request(_PROVIDER, "GET", f"{models.url}?pageSize=1", headers=key))
    yield found
    if found.level is Level.OK:
        async for result in _use(config, models):
            yield result
    if found.level is Level.OK or worker.google_genai_use_vertexai:
        yield await _recognition(config, http, base.replace("http", "ws", 1) + LIVE_PATH, key)


async def _use(config: Configuration, models: _Models) -> AsyncIterator[CheckResult]:
    """Let each model say one word, and each voice."""
    named, voices, tts = _named_models(config), _voices(config), config.worker.gemini_tts_model
    said, spoken = await asyncio.gather(
        asyncio.gather(*map(models.reply, named)),
        asyncio.gather(*(models.say(tts, "OK.", _speech(voice)) for voice in voices)),
    )
    for (model, names), (answer, refuses) in zip(named.items(), said, strict=True):
        yield _replied(model, names, answer, models.advice, refuses_thinking=refuses)
    if voices:
        yield _spoke(dict(zip(voices, spoken, strict=True)), models.advice)
    else:
        yield skipped(
            "gemini.voices", f"no voice of {_PROVIDER} is configured, or {_TTS} is not usable"
        )


def _thinking(model: str) -> dict[str, Any]:
    """Return the thinking settings of a greeting, as the API names them."""
    named = {"thinking_budget": "thinkingBudget", "thinking_level": "thinkingLevel"}
    thinking = {named[name]: value for name, value in (thinking_of(model) or {}).items()}
    return {"thinkingConfig": thinking} if thinking else {}


def _speech(voice: str) -> dict[str, Any]:
    speech = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice}}}
    return {"responseModalities": ["AUDIO"], "speechConfig": speech}


async def _recognition(
    config: Configuration, http: HttpClient, url: str, headers: dict[str, str]
) -> CheckResult:
    """Open and close the connection that greetings use."""
    if unusable := config.lacks("GEMINI_STT_MODEL", "GOOGLE_API_KEY"):
        return skipped(_HEARS, unusable)
    model = config.worker.gemini_stt_model
    if not model:
        return skipped(_HEARS, "GEMINI_STT_MODEL is empty: Deepgram has no fallback")
    try:
        async with http.web_socket(url, headers) as socket:
            await socket.send_json(live_setup(model))
            answer = await socket.receive()
    except NoResponse as e:
        return unexpected(_HEARS, _PROVIDER, e, PROVIDER_ADVICE, "opened its Live API")
    if answer.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
        return ok(_HEARS, f"Gemini's speech recognition answers ({model})")
    return failed(
        _HEARS,
        f"Gemini refuses speech recognition with {model}",
        "set GEMINI_STT_MODEL to a model that this project may use, or to nothing; see "
        "ai.google.dev/gemini-api/docs/live-api/live-transcribe",
    )


def _replied(
    model: str,
    names: list[str],
    answer: _Answer,
    advice: Mapping[int, str],
    *,
    refuses_thinking: bool,
) -> CheckResult:
    named = f"{model} ({', '.join(names)})"
    status = answer.status
    if refuses_thinking:
        return warning(
            "gemini.model",
            f"{named} refuses its thinking settings; greetings continue without them, and slower",
            f"set {names[0]} to another model; see ai.google.dev/gemini-api/docs/thinking",
        )
    if status == 200 and thinking_of(model) is None:
        return warning(
            "gemini.model",
            f"{named} answers, but this version does not know how to limit its thinking",
            f"if replies come late, set {names[0]} to a model such as gemini-3.5-flash-lite",
        )
    if status == 200:
        return ok("gemini.model", f"{named} answers")
    if status in (400, 404):
        what = f"{named} does not answer: status {status}"
        return failed("gemini.model", what, f"set {names[0]} to {_MODEL_FIX}")
    context = f"asked {named} to say one word"
    return unexpected("gemini.model", _PROVIDER, answer, advice, context)


def _spoke(answers: dict[str, _Answer], advice: Mapping[int, str]) -> CheckResult:
    """Return the result for all voices: the first problem, if there is one."""
    check = "gemini.voices"
    unknown = [voice for voice, answer in answers.items() if answer.status == 400]
    if unknown:
        return failed(
            check,
            f"{_PROVIDER} has no voice {', '.join(unknown)}",
            "check VOICES and FALLBACK_VOICE; see ai.google.dev/gemini-api/docs/speech-generation",
        )
    for voice, answer in answers.items():
        if answer.status == 404:
            what = f"the model in {_TTS} does not answer: status 404"
            return failed(check, what, f"set {_TTS} to {_MODEL_FIX}")
        if isinstance(answer, NoResponse) or answer.status != 200:
            said = f"said one word with gemini:{voice}"
            return unexpected(check, _PROVIDER, answer, advice, said)
        if not re.search(r'"inline_?[dD]ata"', answer.text):
            return failed(check, f"gemini:{voice} sends no sound", f"set {_TTS} to another model")
    return ok(check, f"all {len(answers)} voices of {_PROVIDER} speak: {', '.join(answers)}")


def _key(response: Response) -> CheckResult:
    if response.status == 400 and "API_KEY_INVALID" in response.text:
        return failed("gemini.key", f"{_PROVIDER} does not accept GOOGLE_API_KEY", _KEY)
    if response.status == 400 and "location is not supported" in response.text.lower():
        return failed(
            "gemini.key",
            f"{_PROVIDER} is not available in the country of this machine",
            "run the worker in another country, or set GOOGLE_GEMINI_BASE_URL to a proxy there",
        )
    if response.status == 404:
        return unexpected("gemini.key", _PROVIDER, response, {})
    if response.status != 200 or not isinstance(response.json(), dict):
        return unexpected("gemini.key", _PROVIDER, response, _ADVICE)
    return ok("gemini.key", f"{_PROVIDER} accepts GOOGLE_API_KEY")


def _named_models(config: Configuration) -> dict[str, list[str]]:
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
