"""Deepgram: the API key, the STT model for each script's locale, and each voice.

Route: https://developers.deepgram.com/guides/fundamentals/authenticating (`/v1/auth/token`). Models
and voices are checked by the calls of a greeting: the STT's WebSocket is opened, without audio, and
every voice in VOICES and FALLBACK_VOICE says one word. The few characters are billed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from urllib.parse import urlencode

import aiohttp

from agent.cli.doctor.configuration import Configuration, plain
from agent.cli.doctor.http_client import HttpClient, NoResponse
from agent.cli.doctor.result import CheckResult, failed, ok, reports, skipped, unexpected
from agent.core.errors import ScriptError
from agent.core.provider_advice import PROVIDER_ADVICE
from agent.scripts import PROMPTS
from agent.scripts.library import read_library
from agent.speech.recognition_models import RecognitionChoice, choose_recognition
from agent.speech.voices import gemini_voice

_PROVIDER = "Deepgram"
_ADVICE = {
    **PROVIDER_ADVICE,
    401: "it does not accept the key; set DEEPGRAM_API_KEY to a key from console.deepgram.com",
    404: "the server has no such route; check DEEPGRAM_BASE_URL",
}
_HEARS, _VOICES = "deepgram.hears", "deepgram.voices"
_VOICES_AT_ONCE = 4
"""Plans limit how many voices may speak at once."""

_Connect = Callable[
    [str, Iterable[tuple[str, str]]], AbstractAsyncContextManager[aiohttp.ClientWebSocketResponse]
]
"""Opens a WebSocket with a path and a query."""


@reports(
    "deepgram.key",
    _HEARS,
    _VOICES,
    needs=("DEEPGRAM_API_KEY", "DEEPGRAM_BASE_URL"),
    address="DEEPGRAM_BASE_URL",
)
async def check(config: Configuration, http: HttpClient) -> AsyncIterator[CheckResult]:
    base = config.worker.deepgram_base_url
    headers = {"Authorization": f"Token {plain(config.worker.deepgram_api_key)}"}
    response = await http.request(_PROVIDER, "GET", f"{base}/v1/auth/token", headers=headers)
    if response.status != 200 or response.json() is None:
        yield unexpected("deepgram.key", _PROVIDER, response, _ADVICE)
        return
    yield ok("deepgram.key", f"{_PROVIDER} accepts DEEPGRAM_API_KEY")

    def connect(
        path: str, query: Iterable[tuple[str, str]]
    ) -> AbstractAsyncContextManager[aiohttp.ClientWebSocketResponse]:
        common = (("encoding", "linear16"), ("mip_opt_out", "true"))
        return http.web_socket(f"{base}{path}?{urlencode([*common, *query])}", headers)

    for results in await asyncio.gather(_recognition(config, connect), _voices(config, connect)):
        for result in results:
            yield result


async def _recognition(config: Configuration, connect: _Connect) -> list[CheckResult]:
    """Open a connection for each model and language that a script needs."""
    if unusable := config.lacks("DEEPGRAM_STT_MODEL"):
        return [skipped(_HEARS, unusable)]
    model = config.worker.deepgram_stt_model
    locales = await _locales()
    choices: dict[RecognitionChoice, list[str]] = {}
    for locale in locales:
        # As a conversation does: its own locale first, then those it can change to.
        choice = choose_recognition(model, [locale, *locales])
        choices.setdefault(choice, []).append(locale)
    errors = await asyncio.gather(*(_open(connect, choice) for choice in choices))
    if all(error and error.status in {400, 404} for error in errors):
        fix = "check DEEPGRAM_STT_MODEL; the default is flux-general-multi"
        return [failed(_HEARS, f"{_PROVIDER} has no STT model {model}", fix)]
    found = [
        _refused(choice, choices[choice], error)
        for choice, error in zip(choices, errors, strict=True)
        if error
    ]
    what = f"{_PROVIDER} has the STT model {model}, and recognises {', '.join(locales)}"
    return found or [ok(_HEARS, what)]


def _refused(choice: RecognitionChoice, locales: list[str], error: NoResponse) -> CheckResult:
    named = ", ".join(locales)
    if error.status in {400, 404}:
        return failed(
            _HEARS,
            f"{_PROVIDER} does not recognise {named} with the STT model {choice.model}",
            "set DEEPGRAM_STT_MODEL to a model for these languages, or remove their scripts; see "
            "developers.deepgram.com/docs/models-languages-overview",
        )
    return unexpected(_HEARS, _PROVIDER, error, _ADVICE, f"opened {choice.path} for {named}")


async def _locales() -> list[str]:
    """The locales of all valid scripts; English if there are none."""
    try:
        library = await asyncio.to_thread(read_library, PROMPTS)
    except ScriptError:
        return ["en"]
    return sorted({locale for files in library.scripts.values() for locale in files}) or ["en"]


async def _open(connect: _Connect, choice: RecognitionChoice) -> NoResponse | None:
    """Open and close the WebSocket; return what prevented it."""
    try:
        async with connect(choice.path, [("sample_rate", "16000"), *choice.query]) as socket:
            await socket.send_json({"type": "CloseStream"})
    except NoResponse as e:
        return e
    return None


async def _voices(config: Configuration, connect: _Connect) -> list[CheckResult]:
    """Return one result if all voices speak, otherwise one for each problem."""
    if unusable := config.lacks("VOICES", "FALLBACK_VOICE"):
        return [skipped(_VOICES, unusable)]
    named = {*config.worker.voices.values(), config.worker.fallback_voice}
    voices = sorted(voice for voice in named if voice and gemini_voice(voice) is None)
    if not voices:
        return [skipped(_VOICES, "VOICES and FALLBACK_VOICE name no Deepgram voice")]
    slots = asyncio.Semaphore(_VOICES_AT_ONCE)

    async def say(voice: str) -> NoResponse | None:
        async with slots:
            return await _say(connect, voice)

    errors = dict(zip(voices, await asyncio.gather(*map(say, voices)), strict=True))
    unknown = [voice for voice, error in errors.items() if error and error.status in {400, 404}]
    found = []
    if unknown:
        what = f"{_PROVIDER} has no voice {', '.join(unknown)}"
        fix = "check VOICES and FALLBACK_VOICE against developers.deepgram.com/docs/tts-models"
        found.append(failed(_VOICES, what, fix))
    found += [
        unexpected(_VOICES, _PROVIDER, error, PROVIDER_ADVICE, f"said one word with {voice}")
        for voice, error in errors.items()
        if error and voice not in unknown
    ]
    what = f"all {len(voices)} voices of {_PROVIDER} in VOICES and FALLBACK_VOICE speak"
    return found or [ok(_VOICES, what)]


async def _say(connect: _Connect, voice: str) -> NoResponse | None:
    """Say one word; return what prevented it."""
    try:
        async with connect("/v1/speak", [("model", voice), ("sample_rate", "24000")]) as socket:
            await socket.send_json({"type": "Speak", "text": "OK. "})
            await socket.send_json({"type": "Flush"})
            async for message in socket:
                if message.type is aiohttp.WSMsgType.BINARY:
                    return None
    except NoResponse as e:
        return e
    return NoResponse(
        "it closed the connection without any sound",
        "try again; if it fails again, set another voice in VOICES",
    )
