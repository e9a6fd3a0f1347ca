"""Deepgram: the API key, the STT model, and each voice in VOICES and FALLBACK_VOICE.

Routes: https://developers.deepgram.com/guides/fundamentals/authenticating (`/v1/auth/token`),
https://developers.deepgram.com/reference/manage/models/list (`/v1/models`). The STT model is
checked by opening the WebSocket that the plugin opens. No audio is sent, so nothing is billed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import aiohttp

from agent.cli.doctor.configuration import Configuration, plain
from agent.cli.doctor.http_client import (
    REQUEST_TIMEOUT_S,
    HttpClient,
    NoResponse,
    Response,
    connection_errors,
)
from agent.cli.doctor.provider_response import unexpected_status
from agent.cli.doctor.result import CheckResult, failed, ok, skipped, warning
from agent.core.provider_advice import PROVIDER_ADVICE
from agent.speech.recognition_models import choose_recognition
from agent.speech.voices import gemini_voice

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
    for result in await asyncio.gather(
        _stt_model(config, http, base, headers), _voices(config, http, base, headers)
    ):
        yield result


async def _stt_model(
    config: Configuration, http: HttpClient, base: str, headers: dict[str, str]
) -> CheckResult:
    check = "deepgram.hears"
    if unusable := config.lacks("DEEPGRAM_STT_MODEL"):
        return skipped(check, unusable)
    model = config.worker.deepgram_stt_model
    choice = choose_recognition(model, ["en", "es"])
    query = {"encoding": "linear16", "sample_rate": "16000", "mip_opt_out": "true"}
    url = f"{base}{choice.path}?{urlencode([*query.items(), *choice.query])}"
    try:
        status = await _opened(http, url, headers)
    except NoResponse as e:
        return failed(check, f"{_PROVIDER}, {choice.path}: {e.what}", e.fix)
    if status in {400, 404}:
        return failed(
            check,
            f"{_PROVIDER} has no STT model {model}",
            "check DEEPGRAM_STT_MODEL; the default is flux-general-multi",
        )
    if status != 101:
        return unexpected_status(check, _PROVIDER, status, _ADVICE, f"opened {choice.path}")
    return ok(check, f"{_PROVIDER} has the STT model {model}")


async def _opened(http: HttpClient, url: str, headers: dict[str, str]) -> int:
    """Open and close the WebSocket; return 101, or the status that refused it."""
    with connection_errors(url):
        try:
            async with (
                asyncio.timeout(REQUEST_TIMEOUT_S),
                http.http.ws_connect(url, headers=headers) as socket,
            ):
                await socket.send_json({"type": "CloseStream"})
        except aiohttp.WSServerHandshakeError as e:
            return e.status
    return 101


async def _voices(
    config: Configuration, http: HttpClient, base: str, headers: dict[str, str]
) -> CheckResult:
    check = "deepgram.voices"
    if unusable := config.lacks("VOICES", "FALLBACK_VOICE"):
        return skipped(check, unusable)
    named = {*config.worker.voices.values(), config.worker.fallback_voice}
    wanted = sorted(voice for voice in named if voice and gemini_voice(voice) is None)
    if not wanted:
        return skipped(check, "VOICES and FALLBACK_VOICE name no Deepgram voice")
    try:
        response = await http.request(
            _PROVIDER, "GET", f"{base}/v1/models?include_outdated=true", headers=headers
        )
    except NoResponse as e:
        return failed(check, f"{_PROVIDER}, /v1/models: {e.what}", e.fix)
    known = _names(response)
    if known is None:
        if response.status == 200:
            return warning(
                check,
                f"{_PROVIDER} lists no voices, so VOICES could not be checked",
                "try again later",
            )
        return unexpected_status(
            check, _PROVIDER, response.status, _ADVICE, "requested its voices (/v1/models)"
        )
    if unknown := [voice for voice in wanted if voice not in known]:
        return failed(
            check,
            f"{_PROVIDER} has no voice {', '.join(unknown)}",
            "check VOICES and FALLBACK_VOICE against developers.deepgram.com/docs/tts-models",
        )
    return ok(
        check, f"{_PROVIDER} has all {len(wanted)} of its voices in VOICES and FALLBACK_VOICE"
    )


def _names(response: Response) -> set[str] | None:
    """Return the voices that Deepgram lists; None if the response is not a list of voices."""
    data = response.json() if response.status == 200 else None
    listed = data.get("tts") if isinstance(data, dict) else None
    if not isinstance(listed, list) or not listed:
        return None
    return {str(voice.get("canonical_name")) for voice in listed if isinstance(voice, dict)}
