"""Deepgram: the API key, the STT model for each script's locale, and the voices.

Route: https://developers.deepgram.com/guides/fundamentals/authenticating (`/v1/auth/token`). The
STT model is checked by opening the WebSocket that the plugin opens; no audio is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlencode

from agent.cli.doctor.checks import deepgram_voices
from agent.cli.doctor.configuration import Configuration, plain
from agent.cli.doctor.http_client import HttpClient, NoResponse, Refused
from agent.cli.doctor.provider_response import unexpected_status
from agent.cli.doctor.result import CheckResult, failed, ok, skipped
from agent.core.errors import ScriptError
from agent.core.provider_advice import PROVIDER_ADVICE
from agent.scripts import PROMPTS
from agent.scripts.library import read_library
from agent.speech.recognition_models import RecognitionChoice, choose_recognition

_PROVIDER = "Deepgram"
_ADVICE = {
    **PROVIDER_ADVICE,
    401: "it does not accept the key; set DEEPGRAM_API_KEY to a key from console.deepgram.com",
    404: "the server has no such route; check DEEPGRAM_BASE_URL",
}


async def check(config: Configuration, http: HttpClient) -> AsyncIterator[CheckResult]:
    rest = ("deepgram.hears", "deepgram.voices")
    if unusable := config.lacks("DEEPGRAM_API_KEY", "DEEPGRAM_BASE_URL"):
        for name in ("deepgram.key", *rest):
            yield skipped(name, unusable)
        return
    base = config.worker.deepgram_base_url
    headers = {"Authorization": f"Token {plain(config.worker.deepgram_api_key)}"}
    try:
        response = await http.request(_PROVIDER, "GET", f"{base}/v1/auth/token", headers=headers)
    except NoResponse as e:
        yield failed("deepgram.key", f"{_PROVIDER}: {e.what}", f"{e.fix} (DEEPGRAM_BASE_URL)")
        for name in rest:
            yield skipped(name, f"{_PROVIDER} is not reachable")
        return
    if response.status != 200 or response.json() is None:
        yield unexpected_status("deepgram.key", _PROVIDER, response.status, _ADVICE)
        for name in rest:
            yield skipped(name, f"{_PROVIDER} does not accept the key")
        return
    yield ok("deepgram.key", f"{_PROVIDER} accepts DEEPGRAM_API_KEY")
    for results in await asyncio.gather(
        _recognition(config, http, base, headers),
        deepgram_voices.check(config, http, base, headers),
    ):
        for result in results:
            yield result


async def _recognition(
    config: Configuration, http: HttpClient, base: str, headers: dict[str, str]
) -> list[CheckResult]:
    """Open a connection for each model and language that a script needs."""
    check = "deepgram.hears"
    if unusable := config.lacks("DEEPGRAM_STT_MODEL"):
        return [skipped(check, unusable)]
    model = config.worker.deepgram_stt_model
    locales = await _locales()
    choices: dict[RecognitionChoice, list[str]] = {}
    for locale in locales:
        # As a conversation does: its own locale first, then those it can change to.
        choice = choose_recognition(model, [locale, *locales])
        choices.setdefault(choice, []).append(locale)
    statuses = await asyncio.gather(*(_opened(http, base, headers, choice) for choice in choices))
    answers = list(zip(choices, statuses, strict=True))
    if all(status in {400, 404} for _, status in answers):
        return [
            failed(
                check,
                f"{_PROVIDER} has no STT model {model}",
                "check DEEPGRAM_STT_MODEL; the default is flux-general-multi",
            )
        ]
    found = [
        _refused(check, choice, choices[choice], status)
        for choice, status in answers
        if status != 101
    ]
    if found:
        return found
    return [
        ok(check, f"{_PROVIDER} has the STT model {model}, and recognises {', '.join(locales)}")
    ]


def _refused(
    check: str, choice: RecognitionChoice, locales: list[str], status: int | NoResponse
) -> CheckResult:
    named = ", ".join(locales)
    if isinstance(status, NoResponse):
        return failed(check, f"{_PROVIDER}, {choice.path}: {status.what}", status.fix)
    if status in {400, 404}:
        return failed(
            check,
            f"{_PROVIDER} does not recognise {named} with the STT model {choice.model}",
            "set DEEPGRAM_STT_MODEL to a model for these languages, or remove their scripts; see "
            "developers.deepgram.com/docs/models-languages-overview",
        )
    return unexpected_status(check, _PROVIDER, status, _ADVICE, f"opened {choice.path} for {named}")


async def _locales() -> list[str]:
    """The locales of all valid scripts; English if there are none."""
    try:
        library = await asyncio.to_thread(read_library, PROMPTS)
    except ScriptError:
        return ["en"]
    return sorted({locale for files in library.scripts.values() for locale in files}) or ["en"]


async def _opened(
    http: HttpClient, base: str, headers: dict[str, str], choice: RecognitionChoice
) -> int | NoResponse:
    """Open and close the WebSocket; return 101, or the status that refused it."""
    query = {"encoding": "linear16", "sample_rate": "16000", "mip_opt_out": "true"}
    url = f"{base}{choice.path}?{urlencode([*query.items(), *choice.query])}"
    try:
        async with http.web_socket(url, headers) as socket:
            await socket.send_json({"type": "CloseStream"})
    except Refused as e:
        return e.status
    except NoResponse as e:
        return e
    return 101
