"""Check results: the lines of the doctor's report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """It works, or the doctor cannot tell from here; an operator should look at it."""
    FAILED = "failed"
    """Trainees will notice."""
    SKIPPED = "skipped"
    """Not checked."""


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What one check found out."""

    check: str
    """`part.aspect`: an id for programs, the same in every release."""
    level: Level
    what: str
    """The state found, or why the check was skipped; no secrets and no text from outside."""
    fix: str = ""
    """What the operator should do; empty if there is nothing to do."""


def ok(check: str, what: str) -> CheckResult:
    return CheckResult(check=check, level=Level.OK, what=what)


def warning(check: str, what: str, fix: str) -> CheckResult:
    return CheckResult(check=check, level=Level.WARNING, what=what, fix=fix)


def failed(check: str, what: str, fix: str) -> CheckResult:
    return CheckResult(check=check, level=Level.FAILED, what=what, fix=fix)


def skipped(check: str, why: str) -> CheckResult:
    return CheckResult(check=check, level=Level.SKIPPED, what=why)
