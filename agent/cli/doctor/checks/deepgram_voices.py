"""Deepgram's voices: each one in VOICES and FALLBACK_VOICE says one word.

A greeting makes the same call. The few characters are billed.
"""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import urlencode

import aiohttp

from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.http_client import HttpClient, NoResponse, Refused
from agent.cli.doctor.provider_response import unexpected_status
from agent.cli.doctor.result import CheckResult, failed, ok, skipped
from agent.core.provider_advice import PROVIDER_ADVICE
from agent.speech.voices import gemini_voice

_CHECK: Final = "deepgram.voices"
_PROVIDER: Final = "Deepgram"
_AT_ONCE: Final = 4
"""Plans limit how many voices may speak at once."""


async def check(
    config: Configuration, http: HttpClient, base: str, headers: dict[str, str]
) -> list[CheckResult]:
    """Return one result if all voices speak, otherwise one for each problem."""
    if unusable := config.lacks("VOICES", "FALLBACK_VOICE"):
        return [skipped(_CHECK, unusable)]
    named = {*config.worker.voices.values(), config.worker.fallback_voice}
    voices = sorted(voice for voice in named if voice and gemini_voice(voice) is None)
    if not voices:
        return [skipped(_CHECK, "VOICES and FALLBACK_VOICE name no Deepgram voice")]
    slots = asyncio.Semaphore(_AT_ONCE)

    async def say(voice: str) -> int | NoResponse:
        async with slots:
            return await _say(http, base, headers, voice)

    answers = dict(zip(voices, await asyncio.gather(*map(say, voices)), strict=True))
    unknown = [voice for voice, answer in answers.items() if answer in (400, 404)]
    found = [
        _problem(voice, answer)
        for voice, answer in answers.items()
        if answer != 101 and voice not in unknown
    ]
    if unknown:
        found.insert(
            0,
            failed(
                _CHECK,
                f"{_PROVIDER} has no voice {', '.join(unknown)}",
                "check VOICES and FALLBACK_VOICE against developers.deepgram.com/docs/tts-models",
            ),
        )
    return found or [
        ok(_CHECK, f"all {len(voices)} voices of {_PROVIDER} in VOICES and FALLBACK_VOICE speak")
    ]


def _problem(voice: str, answer: int | NoResponse) -> CheckResult:
    if isinstance(answer, NoResponse):
        return failed(_CHECK, f"{_PROVIDER}, {voice}: {answer.what}", answer.fix)
    return unexpected_status(
        _CHECK, _PROVIDER, answer, PROVIDER_ADVICE, f"said one word with {voice}"
    )


async def _say(
    http: HttpClient, base: str, headers: dict[str, str], voice: str
) -> int | NoResponse:
    """Say one word; return 101 if the voice sent audio, or the status that refused it."""
    query = {"model": voice, "encoding": "linear16", "sample_rate": "24000", "mip_opt_out": "true"}
    url = f"{base}/v1/speak?{urlencode(query)}"
    try:
        async with http.web_socket(url, headers) as socket:
            await socket.send_json({"type": "Speak", "text": "OK. "})
            await socket.send_json({"type": "Flush"})
            async for message in socket:
                if message.type is aiohttp.WSMsgType.BINARY:
                    return 101
    except Refused as e:
        return e.status
    except NoResponse as e:
        return e
    return NoResponse(
        "it closed the connection without any sound",
        "try again; if it fails again, set another voice in VOICES",
    )
