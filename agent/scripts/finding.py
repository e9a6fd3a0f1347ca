"""Finding: something that should not ship, with its file, line and field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agent.core.errors import ScriptError

Loc = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Finding:
    """Something that should not ship."""

    path: Path
    line: int
    """From 1; 0 where the file as a whole is meant."""
    field: str
    """As in `questions[0].choices`; empty where none is meant."""
    message: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else f"{self.path}"
        return ": ".join(part for part in (where, self.field, self.message) if part)


class InvalidScriptFile(ScriptError):
    """A file that is no script; holds every reason."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = tuple(findings)


def dotted(loc: Loc) -> str:
    named = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return named.removeprefix(".").removesuffix(".[key]")


def line_of(node: Any, loc: Loc) -> int:
    """The file's line of a field, or of what should hold it; the fence above is line 1."""
    line = 1
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            pair = next((p for p in node.value if p[0].value == part), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 2, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            if part >= len(node.value):
                break
            node = node.value[part]
            line = node.start_mark.line + 2
        else:
            break
    return line
