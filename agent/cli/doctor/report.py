"""Report: the findings for people and for machines, with every secret kept out."""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence

from agent.cli.doctor.finding import Finding, Level

_JWT = re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*")
_NARROW, _WIDE = 60, 120


def as_text(findings: Sequence[Finding], *, width: int | None = None) -> str:
    """Aligned lines, what to do below each that is not ok, and a count at the end."""
    width = max(_NARROW, min(width or shutil.get_terminal_size((100, 24)).columns, _WIDE))
    name = max((len(finding.check) for finding in findings), default=0)
    margin = " " * (len(Level.WARNING) + 2 + name + 2)
    lines: list[str] = []
    for finding in findings:
        head = f"{finding.level:<{len(Level.WARNING)}}  {finding.check:<{name}}  "
        lines += _wrapped(finding.what, head, margin, width)
        if finding.fix:
            lines += _wrapped(finding.fix, f"{margin}→ ", f"{margin}  ", width)
    return "\n".join([*lines, "", _count(findings)])


def _wrapped(text: str, first: str, rest: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, len(first) + 40),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]


def _count(findings: Iterable[Finding]) -> str:
    counted = Counter(finding.level for finding in findings)
    said = ", ".join(f"{counted[level]} {level}" for level in Level if counted[level])
    return f"{said}."


def as_json(findings: Sequence[Finding]) -> str:
    """`{"ok": false, "counts": {…}, "checks": [{"check", "level", "what", "fix"}, …]}`."""
    counted = Counter(finding.level for finding in findings)
    return json.dumps(
        {
            "ok": not counted[Level.FAILED],
            "counts": {level: counted[level] for level in Level},
            "checks": [
                {"check": f.check, "level": f.level, "what": f.what, "fix": f.fix} for f in findings
            ],
        },
        indent=2,
        ensure_ascii=False,
    )


def without_secrets(findings: Iterable[Finding], secrets: Iterable[str]) -> list[Finding]:
    """The same, should a secret or a token ever have come into one of them."""
    hidden = sorted(secrets, key=len, reverse=True)

    def blank(text: str) -> str:
        for secret in hidden:
            text = text.replace(secret, "<secret>")
        return _JWT.sub("<token>", text)

    return [
        Finding(check=blank(f.check), level=f.level, what=blank(f.what), fix=blank(f.fix))
        for f in findings
    ]
