"""Finding: one line of the report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """It works, or nobody can tell from here; somebody should look."""
    FAILED = "failed"
    """Trainees will notice."""
    SKIPPED = "skipped"
    """Not checked, and why."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check found."""

    check: str
    """`part.aspect`, the same from release to release: what a machine looks for."""
    level: Level
    what: str
    """What is so; no secret, no token, nothing a stranger wrote."""
    fix: str = ""
    """What to do about it; empty where nothing is to be done."""


def ok(check: str, what: str) -> Finding:
    return Finding(check=check, level=Level.OK, what=what)


def warning(check: str, what: str, fix: str) -> Finding:
    return Finding(check=check, level=Level.WARNING, what=what, fix=fix)


def failed(check: str, what: str, fix: str) -> Finding:
    return Finding(check=check, level=Level.FAILED, what=what, fix=fix)


def skipped(check: str, why: str) -> Finding:
    return Finding(check=check, level=Level.SKIPPED, what=why)
