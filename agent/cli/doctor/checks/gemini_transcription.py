"""Gemini's speech recognition: opens and closes the connection that greetings use; no audio."""

from __future__ import annotations

import aiohttp

from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.http_client import HttpClient, NoResponse, Refused
from agent.cli.doctor.provider_response import unexpected_status
from agent.cli.doctor.result import CheckResult, failed, ok, skipped
from agent.core.provider_advice import PROVIDER_ADVICE
from agent.speech.gemini_live import LIVE_PATH, live_setup

CHECK = "gemini.hears"


async def check(
    config: Configuration, http: HttpClient, base: str, headers: dict[str, str]
) -> CheckResult:
    if unusable := config.lacks("GEMINI_STT_MODEL"):
        return skipped(CHECK, unusable)
    model = config.worker.gemini_stt_model
    if not model:
        return skipped(CHECK, "GEMINI_STT_MODEL is empty: Deepgram has no fallback")
    url = base.replace("http", "ws", 1) + LIVE_PATH
    try:
        answer = await _answer(url, headers, model, http)
    except NoResponse as e:
        return failed(CHECK, f"Gemini's Live API: {e.what}", e.fix)
    if isinstance(answer, int):
        return unexpected_status(CHECK, "Gemini", answer, PROVIDER_ADVICE, "opened its Live API")
    if answer.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
        return ok(CHECK, f"Gemini's speech recognition answers ({model})")
    return failed(
        CHECK,
        f"Gemini refuses speech recognition with {model}",
        "set GEMINI_STT_MODEL to a model that this project may use, or to nothing; see "
        "ai.google.dev/gemini-api/docs/live-api/live-transcribe",
    )


async def _answer(
    url: str, headers: dict[str, str], model: str, http: HttpClient
) -> aiohttp.WSMessage | int:
    """Return the answer to the set-up, or the status that refused the connection."""
    try:
        async with http.web_socket(url, headers) as socket:
            await socket.send_json(live_setup(model))
            return await socket.receive()
    except Refused as e:
        return e.status
