"""Examination: every check at once, each bounded, none hiding another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable

import aiohttp

from agent.cli.doctor import (
    beyond_presence,
    clock,
    deepgram,
    endpoint,
    gemini,
    livekit,
    machine,
    outside,
    platform_keys,
    recording,
    scripts,
    settings,
    store,
    webhook,
    worker,
)
from agent.cli.doctor.answer import Caller
from agent.cli.doctor.finding import Finding, Level, failed, skipped
from agent.cli.doctor.given import Given

_LIMIT_S = 12.0
"""Of every check; with the interpreter's start the whole takes less than 15 s."""


async def examine(given: Given) -> list[Finding]:
    """All findings, in an order that puts causes before their effects."""
    is_worker, is_endpoint = ("worker" in given.parts, "endpoint" in given.parts)
    async with aiohttp.ClientSession() as http:
        caller = Caller(http)
        checks: dict[str, Awaitable[list[Finding]]] = {
            "store": _collect("store", _store_first(given)),
            "livekit": _collect("livekit", _livekit_first(given, caller)),
        }
        if is_worker:
            checks |= {
                "worker.health": _collect("worker.health", worker.check_here(given, caller)),
                "recording": _collect("recording", recording.check(given)),
                "outside": _collect("outside", outside.check(given)),
                "beyond_presence": _collect(
                    "beyond_presence", beyond_presence.check(given, caller)
                ),
                "deepgram": _collect("deepgram", deepgram.check(given, caller)),
                "gemini": _collect("gemini", gemini.check(given, caller)),
            }
        if is_endpoint:
            checks["platform.keys"] = _collect("platform.keys", platform_keys.check(given, caller))
        checks |= {
            "scripts": _collect("scripts", scripts.check(given)),
            "endpoint": _collect("endpoint", _endpoint_first(given, caller)),
            "webhook": _collect("webhook", webhook.check(given)),
        }
        found = await asyncio.gather(*checks.values())
    return [
        *settings.check(given),
        *(finding for findings in found for finding in findings),
        *clock.check(caller.skews),
        *machine.check(given),
    ]


async def _store_first(given: Given) -> AsyncIterator[Finding]:
    async for finding in store.check(given):
        yield finding


async def _livekit_first(given: Given, caller: Caller) -> AsyncIterator[Finding]:
    well = True
    async for finding in livekit.check(given, caller):
        well = well and finding.level is Level.OK
        yield finding
    if not well:
        yield skipped("livekit.websocket", "LiveKit is not to be used: see above")
        yield skipped("worker.registered", "LiveKit is not to be used: see above")
        return
    async for finding in worker.check(given, caller):
        yield finding


async def _endpoint_first(given: Given, caller: Caller) -> AsyncIterator[Finding]:
    levels: dict[str, Level] = {}
    async for finding in endpoint.check(given, caller):
        levels[finding.check] = finding.level
        yield finding
    if "endpoint" not in given.parts:
        return
    if levels.get("endpoint.key") is Level.OK:
        async for finding in store.check_shared(given, caller):
            yield finding
    else:
        yield skipped("store.shared", "the endpoint could not be asked with PLATFORM_API_KEY")


async def _collect(check: str, findings: AsyncIterator[Finding]) -> list[Finding]:
    """What a check has found until it ended, or until its time was over."""
    found: list[Finding] = []
    try:
        async with asyncio.timeout(_LIMIT_S):
            async for finding in findings:
                found.append(finding)
    except TimeoutError:
        found.append(failed(check, f"not finished within {_LIMIT_S:g} s", "something hangs: retry"))
    except Exception as e:  # noqa: BLE001  the process edge: one check fails, the others are shown
        # Its text is left out: it may hold a token.
        found.append(
            failed(check, f"could not be checked ({type(e).__name__})", "please report it")
        )
    return found
