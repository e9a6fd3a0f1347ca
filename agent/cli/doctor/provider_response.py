"""Explain an unexpected HTTP status of a provider."""

from __future__ import annotations

from collections.abc import Mapping

from agent.cli.doctor.result import CheckResult, failed, warning


def unexpected_status(
    check: str, provider: str, status: int, advice: Mapping[int, str], context: str = ""
) -> CheckResult:
    """Turn a response that is not the expected one into a result.

    Args:
        advice: what to do, by status; `agent.core.provider_advice` has the worker's.
        context: what was requested, to add to the advice.
    """
    fix = advice.get(status)
    if status == 429:
        return warning(
            check,
            f"{provider} answers 429",
            _with(fix or "the rate limit is reached; try again later", context),
        )
    if status >= 500:
        return failed(
            check,
            f"{provider} has a problem (HTTP {status})",
            _with("check the provider's status page, and try again later", context),
        )
    if fix:
        return failed(check, f"{provider} answers {status}", _with(fix, context))
    return failed(
        check,
        f"the server that answers is not {provider} (HTTP {status})",
        _with("check the address in the settings, and any proxy on the way", context),
    )


def _with(fix: str, context: str) -> str:
    return f"{fix} ({context})" if context else fix
