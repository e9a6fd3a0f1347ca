"""Report: the results as text or JSON, with secrets removed."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace

from agent.cli.doctor.result import CheckResult, Level
from agent.core.log import Redactor

_NARROW, _WIDE = 60, 120


def as_text(results: Sequence[CheckResult], *, width: int | None = None) -> str:
    """Return aligned lines with the fix below each problem, and a count at the end."""
    width = max(_NARROW, min(width or shutil.get_terminal_size((100, 24)).columns, _WIDE))
    name = max((len(result.check) for result in results), default=0)
    margin = " " * (len(Level.WARNING) + 2 + name + 2)
    lines: list[str] = []
    for result in results:
        head = f"{result.level:<{len(Level.WARNING)}}  {result.check:<{name}}  "
        lines += _wrapped(result.what, head, margin, width)
        if result.fix:
            lines += _wrapped(result.fix, f"{margin}→ ", f"{margin}  ", width)
    return "\n".join([*lines, "", _count(results)])


def _wrapped(text: str, first: str, rest: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, len(first) + 40),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]


def _count(results: Iterable[CheckResult]) -> str:
    counted = Counter(result.level for result in results)
    counts = ", ".join(f"{counted[level]} {level}" for level in Level if counted[level])
    return f"{counts}."


def as_json(results: Sequence[CheckResult]) -> str:
    """Return `{"ok": false, "counts": {…}, "checks": [{"check", "level", "what", "fix"}, …]}`."""
    counted = Counter(result.level for result in results)
    return json.dumps(
        {
            "ok": not counted[Level.FAILED],
            "counts": {level: counted[level] for level in Level},
            "checks": [asdict(result) for result in results],
        },
        indent=2,
        ensure_ascii=False,
    )


def without_secrets(results: Iterable[CheckResult], secrets: Iterable[str]) -> list[CheckResult]:
    """Replace secrets and tokens that are in a result by mistake."""
    redact = Redactor(secrets)
    return [replace(one, what=redact(one.what), fix=redact(one.fix)) for one in results]
