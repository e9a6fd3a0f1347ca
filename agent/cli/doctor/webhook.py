"""Webhook: is somebody there to take outcomes? Nothing is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from agent.cli.doctor.answer import CALL_S, shown
from agent.cli.doctor.finding import Finding, failed, ok, skipped, warning
from agent.cli.doctor.given import Given
from agent.core.addresses import is_private_host


async def check(given: Given) -> AsyncIterator[Finding]:
    check = "webhook.reachable"
    if lacking := given.lacks("OUTCOME_WEBHOOK_URL"):
        yield skipped(check, lacking)
        return
    url = given.endpoint.outcome_webhook_url
    if not url:
        yield skipped(check, "OUTCOME_WEBHOOK_URL is not set: outcomes are only kept")
        return
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or {"https": 443}.get(parts.scheme, 80)
    try:
        async with asyncio.timeout(CALL_S):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
    except (OSError, TimeoutError):
        yield failed(
            check,
            f"nobody listens at {shown(url)} (OUTCOME_WEBHOOK_URL)",
            "start the platform or correct the address; outcomes are kept and sent again",
        )
        return
    if parts.scheme == "http" and not is_private_host(host):
        yield warning(
            check,
            "OUTCOME_WEBHOOK_URL is not encrypted, and outcomes name people",
            "use https://",
        )
    else:
        yield ok(check, f"somebody listens at {shown(url)}")
