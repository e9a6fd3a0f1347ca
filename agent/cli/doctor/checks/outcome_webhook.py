"""Outcome webhook: whether the platform listens at OUTCOME_WEBHOOK_URL. Nothing is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.http_client import (
    REQUEST_TIMEOUT_S,
    NoResponse,
    connection_errors,
    host_and_port,
)
from agent.cli.doctor.result import CheckResult, failed, ok, skipped, warning
from agent.core.addresses import is_private_host
from agent.core.http_session import proxy_for


async def check(config: Configuration) -> AsyncIterator[CheckResult]:
    check = "webhook.reachable"
    if unusable := config.lacks("OUTCOME_WEBHOOK_URL"):
        yield skipped(check, unusable)
        return
    url = config.endpoint.outcome_webhook_url
    if not url:
        yield skipped(
            check, "OUTCOME_WEBHOOK_URL is not set: outcomes are stored, but not delivered"
        )
        return
    if proxy := proxy_for(url):
        yield skipped(
            check,
            f"requests to {host_and_port(url)} go through the proxy {host_and_port(proxy)} of "
            "HTTPS_PROXY or HTTP_PROXY",
        )
        return
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or {"https": 443}.get(parts.scheme, 80)
    try:
        with connection_errors(url):
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                _, writer = await asyncio.open_connection(host, port)
                writer.close()
    except NoResponse as e:
        yield failed(
            check,
            f"{e.what} (OUTCOME_WEBHOOK_URL)",
            f"{e.fix}; outcomes are stored and delivered later",
        )
        return
    if parts.scheme == "http" and not is_private_host(host):
        yield warning(
            check,
            "OUTCOME_WEBHOOK_URL is not encrypted, and outcomes hold personal data",
            "use https://",
        )
    else:
        yield ok(check, f"a server listens at {host_and_port(url)}")
