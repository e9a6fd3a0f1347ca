"""Outcome webhook: whether the platform answers at OUTCOME_WEBHOOK_URL. No outcome is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator

from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.http_client import HttpClient, Response, host_and_port
from agent.cli.doctor.result import CheckResult, failed, ok, reports, skipped, warning
from agent.core.addresses import is_public_url

_CHECK = "webhook.reachable"


@reports(
    _CHECK,
    needs=("OUTCOME_WEBHOOK_URL",),
    address="OUTCOME_WEBHOOK_URL",
    hint="; outcomes are stored and delivered later",
)
async def check(config: Configuration, http: HttpClient) -> AsyncIterator[CheckResult]:
    """Send a HEAD request, which platforms may refuse: they need to accept POST only."""
    url = config.endpoint.outcome_webhook_url
    if not url and config.endpoint.outcome_webhook_secret:
        yield warning(
            _CHECK,
            "OUTCOME_WEBHOOK_SECRET is set, but no OUTCOME_WEBHOOK_URL: no outcome is delivered",
            "set OUTCOME_WEBHOOK_URL for worker and token endpoint, or remove the secret",
        )
    elif not url:
        yield skipped(
            _CHECK, "OUTCOME_WEBHOOK_URL is not set: outcomes are stored, but not delivered"
        )
    else:
        yield _answered(url, await http.request("the platform", "HEAD", url))


def _answered(url: str, response: Response) -> CheckResult:
    where = host_and_port(url)
    if 300 <= response.status < 400:
        moved_to = response.headers.get("Location", "")
        return failed(
            _CHECK,
            f"{where} redirects ({response.status}); deliveries do not follow redirects",
            "set OUTCOME_WEBHOOK_URL to the final address (https://, or with a slash at its end)"
            + (f", which is at {host_and_port(moved_to)}" if "://" in moved_to else ""),
        )
    if response.status >= 500 and response.status != 501:  # 501: HEAD is not implemented
        return warning(
            _CHECK,
            f"{where} answers {response.status} to a HEAD request",
            "check the platform's log; an outcome that gets this answer is kept and sent again",
        )
    if url.startswith("http:") and is_public_url(url):
        return warning(
            _CHECK,
            "OUTCOME_WEBHOOK_URL is not encrypted, and outcomes hold personal data",
            "use https://",
        )
    return ok(_CHECK, f"the platform answers at {where}")
