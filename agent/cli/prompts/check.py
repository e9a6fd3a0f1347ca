"""`prompts check`: report what is wrong with scripts."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from agent.cli.prompts.arguments import Tools
from agent.core.errors import ScriptError
from agent.core.settings.field_types import Table
from agent.scripts.checks.folders import check_path
from agent.scripts.finding import Finding
from agent.scripts.library import drafts


def add_to(tools: Tools) -> None:
    """Declare the tool's arguments."""
    check = tools.add_parser("check", help="report problems; exit code 1 if one is an error")
    check.add_argument(
        "path",
        nargs="*",
        type=Path,
        help="files or folders (default: all scripts)",
    )
    check.add_argument(
        "--voice",
        action="append",
        metavar="NAME=MODEL",
        help="a voice in addition to those of VOICES",
    )
    check.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    voices = _voices(options.voice or [])
    paths = options.path or [options.prompts]
    found = [finding for path in paths for finding in check_path(path, voices)]
    for finding in found:
        print(from_here(finding))
    errors = sum(finding.severity == "error" for finding in found)
    checked = ", ".join(str(path) for path in paths)
    counts = f"{_number(errors, 'error')}, {_number(len(found) - errors, 'warning')}"
    print(f"{counts if found else 'no findings'} in {checked}", file=sys.stderr)
    for draft in (draft for path in paths for draft in drafts(path)):
        print(f"draft not checked; run: prompts check {draft}", file=sys.stderr)
    return int(errors > 0)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _voices(given: list[str]) -> dict[str, str] | None:
    """Return the voices of VOICES and `--voice`; None if neither is given.

    Raises:
        ScriptError: one of them is not a table of voices.
    """
    voices: dict[str, str] = {}
    tables = {"VOICES": os.environ.get("VOICES", ""), "--voice": ",".join(given)}
    for name, table in tables.items():
        try:
            voices |= TypeAdapter(Table).validate_python(table) if table.strip() else {}
        except ValidationError as e:
            why = e.errors()[0]["msg"].removeprefix("Value error, ")
            raise ScriptError(f"{name}: {why}") from None
    return voices or None


def from_here(finding: Finding) -> Finding:
    """Return the finding with its path relative to the current folder."""
    path, here = finding.path, Path.cwd()
    return replace(finding, path=path.relative_to(here) if path.is_relative_to(here) else path)
