"""Run all checks at once, so that none hides or delays another."""

from __future__ import annotations

import asyncio

from agent.cli.doctor.checks import (
    beyond_presence,
    deepgram,
    gemini,
    livekit,
    livekit_public_url,
    machine,
    outcome_webhook,
    platform_keys,
    recording,
    residency,
    scripts,
    settings,
    store,
    token_endpoint,
    worker,
)
from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.http_client import HttpClient
from agent.cli.doctor.result import CheckResult, Level, skipped
from agent.core.http_session import http_session


async def run_checks(config: Configuration, *, residency_eu: bool = False) -> list[CheckResult]:
    """Return all results, ordered so that a cause comes before its effects.

    Args:
        residency_eu: check also what keeps data in the European Union.
    """
    async with http_session() as session:
        http = HttpClient(session)
        checks = [store.check(config), _livekit_and_worker(config, http)]
        if "worker" in config.parts:
            checks += [
                worker.check_here(config, http),
                recording.check(config),
                livekit_public_url.check(config),
                beyond_presence.check(config, http),
                deepgram.check(config, http),
                gemini.check(config, http),
            ]
        if "endpoint" in config.parts:
            checks += [platform_keys.check(config, http), livekit_public_url.check_pages(config)]
        checks += [
            scripts.check(config),
            _endpoint_and_its_store(config, http),
            outcome_webhook.check(config, http),
        ]
        results = await asyncio.gather(*checks)
    return [
        *settings.check(config),
        *(result for of_check in results for result in of_check),
        *machine.check_clock(http.clock_offsets),
        *machine.check(config),
        *(residency.check(config) if residency_eu else ()),
    ]


async def _livekit_and_worker(config: Configuration, http: HttpClient) -> list[CheckResult]:
    began_at = asyncio.get_running_loop().time()
    found = await livekit.check(config, http)
    if any(result.level is not Level.OK for result in found):
        return found
    return found + await worker.check(config, http, began_at=began_at)


async def _endpoint_and_its_store(config: Configuration, http: HttpClient) -> list[CheckResult]:
    began_at = asyncio.get_running_loop().time()
    found = await token_endpoint.check(config, http)
    if "endpoint" not in config.parts:
        return found
    if any(result.check == "endpoint.key" and result.level is Level.OK for result in found):
        return found + await store.check_shared(config, http, began_at=began_at)
    why = (
        "needs ENDPOINT_URL and a PLATFORM_API_KEY that the token endpoint accepts; without "
        "them, run doctor for the worker and for the endpoint, and compare store.fingerprint"
    )
    return [*found, skipped("store.shared", why)]
