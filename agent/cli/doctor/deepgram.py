"""Deepgram: its key, the model that hears, and each of its voices that VOICES names.

Routes: https://developers.deepgram.com/guides/fundamentals/authenticating (`/v1/auth/token`),
https://developers.deepgram.com/reference/manage/models/list (`/v1/models`). The model that hears is
tried by opening the plugin's own WebSocket: nothing is sent into it, so nothing is billed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import aiohttp

from agent.cli.doctor.answer import CALL_S, Answer, Caller, NoAnswer, translated
from agent.cli.doctor.finding import Finding, failed, ok, skipped, warning
from agent.cli.doctor.given import Given, plain
from agent.cli.doctor.status import refused
from agent.core.provider_advice import PROVIDER_ADVICE
from agent.speech.voices import gemini_voice, heard_as

_WHO = "Deepgram"
_ADVICE = {
    **PROVIDER_ADVICE,
    401: "the key is not accepted; set DEEPGRAM_API_KEY to one from console.deepgram.com",
    404: "what answers knows no such route; check DEEPGRAM_BASE_URL",
}


async def check(given: Given, caller: Caller) -> AsyncIterator[Finding]:
    rest = ("deepgram.hears", "deepgram.voices")
    if lacking := given.lacks("DEEPGRAM_API_KEY", "DEEPGRAM_BASE_URL"):
        for name in ("deepgram.key", *rest):
            yield skipped(name, lacking)
        return
    base = given.worker.deepgram_base_url
    headers = {"Authorization": f"Token {plain(given.worker.deepgram_api_key)}"}
    try:
        answer = await caller.ask(_WHO, "GET", f"{base}/v1/auth/token", headers=headers)
    except NoAnswer as e:
        yield failed("deepgram.key", f"{_WHO}: {e.what}", f"{e.fix} (DEEPGRAM_BASE_URL)")
        for name in rest:
            yield skipped(name, f"{_WHO} is not reachable")
        return
    if answer.status != 200 or answer.json() is None:
        yield refused("deepgram.key", _WHO, answer.status, _ADVICE)
        for name in rest:
            yield skipped(name, f"{_WHO} does not accept the key")
        return
    yield ok("deepgram.key", f"{_WHO} accepts DEEPGRAM_API_KEY")
    for finding in await asyncio.gather(
        _hears(given, caller, base, headers), _voices(given, caller, base, headers)
    ):
        yield finding


async def _hears(given: Given, caller: Caller, base: str, headers: dict[str, str]) -> Finding:
    check = "deepgram.hears"
    if lacking := given.lacks("DEEPGRAM_STT_MODEL"):
        return skipped(check, lacking)
    model = given.worker.deepgram_stt_model
    query = {
        "model": model,
        "language": heard_as(model, "en"),
        "encoding": "linear16",
        "sample_rate": "16000",
        "mip_opt_out": "true",
    }
    url = f"{base}/v1/listen?{urlencode(query)}"
    try:
        status = await _opened(caller, url, headers)
    except NoAnswer as e:
        return failed(check, f"{_WHO}, /v1/listen: {e.what}", e.fix)
    if status in {400, 404}:
        return failed(
            check,
            f"{_WHO} does not hear with the model {model}",
            "check DEEPGRAM_STT_MODEL; nova-3 is the default",
        )
    if status != 101:
        return refused(check, _WHO, status, _ADVICE, "asked to hear (/v1/listen)")
    return ok(check, f"{_WHO} hears with the model {model}")


async def _opened(caller: Caller, url: str, headers: dict[str, str]) -> int:
    """101 where the WebSocket opens, and is closed again; else the status that refused it."""
    with translated(url):
        try:
            async with (
                asyncio.timeout(CALL_S),
                caller.http.ws_connect(url, headers=headers) as socket,
            ):
                await socket.send_json({"type": "CloseStream"})
        except aiohttp.WSServerHandshakeError as e:
            return e.status
    return 101


async def _voices(given: Given, caller: Caller, base: str, headers: dict[str, str]) -> Finding:
    check = "deepgram.voices"
    if lacking := given.lacks("VOICES", "FALLBACK_VOICE"):
        return skipped(check, lacking)
    named = {*given.worker.voices.values(), given.worker.fallback_voice}
    wanted = sorted(voice for voice in named if voice and gemini_voice(voice) is None)
    if not wanted:
        return skipped(check, "no voice of VOICES is Deepgram's")
    try:
        answer = await caller.ask(
            _WHO, "GET", f"{base}/v1/models?include_outdated=true", headers=headers
        )
    except NoAnswer as e:
        return failed(check, f"{_WHO}, /v1/models: {e.what}", e.fix)
    known = _names(answer)
    if known is None:
        if answer.status == 200:
            return warning(check, f"{_WHO} lists no voices", "they could not be checked")
        return refused(check, _WHO, answer.status, _ADVICE, "asked for its voices (/v1/models)")
    if unknown := [voice for voice in wanted if voice not in known]:
        return failed(
            check,
            f"{_WHO} has no voice {', '.join(unknown)}",
            "check VOICES and FALLBACK_VOICE against developers.deepgram.com/docs/tts-models",
        )
    return ok(check, f"{_WHO} has all {len(wanted)} of its voices that VOICES names")


def _names(answer: Answer) -> set[str] | None:
    """The voices Deepgram lists; None where it is no such list."""
    told = answer.json() if answer.status == 200 else None
    listed = told.get("tts") if isinstance(told, dict) else None
    if not isinstance(listed, list) or not listed:
        return None
    return {str(voice.get("canonical_name")) for voice in listed if isinstance(voice, dict)}
