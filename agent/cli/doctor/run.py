"""Run all checks at once, each with a time limit, so that none hides or delays another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

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
from agent.cli.doctor.result import Check, CheckResult, Level, failed, reports, skipped
from agent.core.http_session import http_session

_LIMIT_S = 12.0
"""For each other check; with the start of the interpreter, the command takes less than 15 s."""
_SCRIPTS_LIMIT_S = 60.0
"""This check waits for nothing but a CPU: 2 s of one, which a busy machine may not have."""


async def run_checks(config: Configuration, *, residency_eu: bool = False) -> list[CheckResult]:
    """Return all results, ordered so that a cause comes before its effects.

    Args:
        residency_eu: check also what keeps data in the European Union.
    """
    async with http_session() as session:
        http = HttpClient(session)
        checks = [_collect(store.check, config), _collect(_livekit_and_worker, config, http)]
        if "worker" in config.parts:
            checks += [
                _collect(worker.check_here, config, http),
                _collect(recording.check, config),
                _collect(livekit_public_url.check, config),
                _collect(beyond_presence.check, config, http),
                _collect(deepgram.check, config, http),
                _collect(gemini.check, config, http),
            ]
        if "endpoint" in config.parts:
            checks.append(_collect(platform_keys.check, config, http))
            checks.append(_collect(livekit_public_url.check_pages, config))
        checks += [
            _collect(scripts.check, config),
            _collect(_endpoint_and_its_store, config, http),
            _collect(outcome_webhook.check, config, http),
        ]
        results = await asyncio.gather(*checks)
    return [
        *settings.check(config),
        *(result for of_check in results for result in of_check),
        *machine.check_clock(http.clock_offsets),
        *machine.check(config),
        *(residency.check(config) if residency_eu else ()),
    ]


@reports("livekit.reachable", "livekit.credentials", "livekit.websocket", "worker.registered")
async def _livekit_and_worker(
    config: Configuration, http: HttpClient
) -> AsyncIterator[CheckResult]:
    usable = True
    async for result in livekit.check(config, http):
        usable = usable and result.level is Level.OK
        yield result
    if usable:
        async for result in worker.check(config, http):
            yield result


@reports("endpoint.reachable")
async def _endpoint_and_its_store(
    config: Configuration, http: HttpClient
) -> AsyncIterator[CheckResult]:
    levels: dict[str, Level] = {}
    async for result in token_endpoint.check(config, http):
        levels[result.check] = result.level
        yield result
    if "endpoint" not in config.parts:
        return
    if levels.get("endpoint.key") is Level.OK:
        async for result in store.check_shared(config, http):
            yield result
    else:
        yield skipped(
            "store.shared",
            "needs ENDPOINT_URL and a PLATFORM_API_KEY that the token endpoint accepts; without "
            "them, run doctor for the worker and for the endpoint, and compare store.fingerprint",
        )


async def _collect(check: Check, config: Configuration, *args: Any) -> list[CheckResult]:
    """Return the results of a check until it ends or its time is up."""
    found: list[CheckResult] = []
    limit_s = _SCRIPTS_LIMIT_S if check is scripts.check else _LIMIT_S
    try:
        async with asyncio.timeout(limit_s):
            async for result in check(config, *args):
                found.append(result)
    except TimeoutError:
        what = f"not finished within {limit_s:g} s"
        fix = "this machine or a server is slow: run doctor again"
        found.append(failed(_next_id(check, found), what, fix))
    except Exception as e:  # noqa: BLE001  the process edge: still show the other results
        # Leave its text out: it may contain a token.
        what = f"could not be checked ({type(e).__name__})"
        found.append(failed(_next_id(check, found), what, "please report this bug"))
    return found


def _next_id(check: Check, found: list[CheckResult]) -> str:
    return check.ids[min(len(found), len(check.ids) - 1)]
