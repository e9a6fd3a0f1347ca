"""Status: what a provider's HTTP status means, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from agent.cli.doctor.finding import Finding, failed, warning


def refused(
    check: str, who: str, status: int, advice: Mapping[int, str], note: str = ""
) -> Finding:
    """A finding for an answer that is not the expected one.

    Args:
        advice: by status, as `agent.core.provider_advice` has it; it is also what the worker logs.
        note: what to add to `fix`.
    """
    fix = advice.get(status)
    if status == 429:
        return warning(check, f"{who} answers 429", _with(fix or "too many ask at once", note))
    if status >= 500:
        return failed(
            check,
            f"{who} has a problem (HTTP {status})",
            _with("nothing to do here: see its status page, and try again", note),
        )
    if fix:
        return failed(check, f"{who} answers {status}", _with(fix, note))
    return failed(
        check,
        f"what answers is not {who} (HTTP {status})",
        _with("check its address in the settings, and any proxy between", note),
    )


def _with(fix: str, note: str) -> str:
    return f"{fix}; {note}" if note else fix
