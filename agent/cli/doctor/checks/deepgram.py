"""Deepgram: the API key, the STT model for each script's locale, and each voice.

Route: https://developers.deepgram.com/guides/fundamentals/authenticating (`/v1/auth/token`). Models
and voices are checked by the calls of a greeting: the STT's WebSocket is opened, without audio, and
every voice in VOICES and FALLBACK_VOICE says one word. The few characters are billed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
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
    model, locales = config.worker.deepgram_stt_model, await _locales()
    named: dict[RecognitionChoice, list[str]] = {}
    for locale in locales:
        # As a conversation does: its own locale first, then those it can change to.
        named.setdefault(choose_recognition(model, [locale, *locales]), []).append(locale)

    async def listen(choice: RecognitionChoice) -> NoResponse | None:
        try:
            async with connect(choice.path, [("sample_rate", "16000"), *choice.query]) as socket:
                await socket.send_json({"type": "CloseStream"})
        except NoResponse as e:
            return e
        return None

    errors = {
        f"{', '.join(named[choice])} ({choice.model})": error
        for choice, error in zip(named, await asyncio.gather(*map(listen, named)), strict=True)
    }
    fix = (
        "set DEEPGRAM_STT_MODEL to a model for these languages (the default is "
        "flux-general-multi), or remove their scripts; see "
        "developers.deepgram.com/docs/models-languages-overview"
    )
    what = f"{_PROVIDER} has the STT model {model}, and recognises {', '.join(locales)}"
    return _problems(_HEARS, "has no STT model for", errors, fix) or [ok(_HEARS, what)]


async def _locales() -> list[str]:
    """The locales of all valid scripts; English if there are none."""
    try:
        library = await asyncio.to_thread(read_library, PROMPTS)
    except ScriptError:
        return ["en"]
    return sorted({locale for files in library.scripts.values() for locale in files}) or ["en"]


async def _voices(config: Configuration, connect: _Connect) -> list[CheckResult]:
    """Let each voice say one word."""
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
    fix = "check VOICES and FALLBACK_VOICE against developers.deepgram.com/docs/tts-models"
    what = f"all {len(voices)} voices of {_PROVIDER} in VOICES and FALLBACK_VOICE speak"
    return _problems(_VOICES, "has no voice", errors, fix) or [ok(_VOICES, what)]


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


def _problems(
    check: str, lacks: str, errors: Mapping[str, NoResponse | None], fix: str
) -> list[CheckResult]:
    """Return one result for all that Deepgram does not have, and one for each other error.

    Args:
        lacks: how to say that it does not have the keys of `errors`.
        fix: what to do about that.
    """
    missing = [name for name, error in errors.items() if error and error.status in {400, 404}]
    found = [
        unexpected(check, _PROVIDER, error, _ADVICE, f"tried {name}")
        for name, error in errors.items()
        if error and name not in missing
    ]
    if missing:
        found.insert(0, failed(check, f"{_PROVIDER} {lacks} {', '.join(missing)}", fix))
    return found
