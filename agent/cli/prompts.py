"""`python -m agent prompts`: list, check and render scripts, without keys, network and LiveKit."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from agent.core.errors import ScriptError
from agent.core.job_metadata import JobMetadata
from agent.core.settings.field_types import Table
from agent.scripts import PROMPTS, RenderedScript, load_library, script_for
from agent.scripts.check import check_path
from agent.scripts.finding import Finding
from agent.scripts.library import COMMON
from agent.scripts.rendering import format_condition
from agent.scripts.schema import json_schema
from agent.scripts.speakable import estimate_speech_s

_FIELDS = (
    *("opening", "welcome_text", "trouble", "moment"),
    *("suggest_typing", "check_in", "closing", "recording_disclosure"),
)


def main(arguments: Sequence[str]) -> int:
    """Run one tool.

    Returns:
        0, or 1 if there are findings or no script can be used.
    """
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        return code
    except ScriptError as e:
        print(e, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m agent prompts",
        description="Tools for writers of scripts. They need no keys and no network.",
    )
    tools = parser.add_subparsers(required=True, metavar="TOOL", title="tools")

    listing = tools.add_parser("list", help="list all scripts and their locales")
    listing.set_defaults(run=_list)

    check = tools.add_parser("check", help="report problems; exit code 1 if one is an error")
    check.add_argument(
        "path",
        nargs="*",
        type=Path,
        default=[PROMPTS],
        help="files or folders (default: all scripts)",
    )
    check.add_argument(
        "--voice",
        action="append",
        metavar="NAME=MODEL",
        help="a voice in addition to those of VOICES",
    )
    check.set_defaults(run=_check)

    render = tools.add_parser(
        "render", help="show what the agent would say to a trainee, and the LLM's instructions"
    )
    render.add_argument("--training-type", default="", help="as the platform writes it")
    render.add_argument("--role", default="", help="the trainee's role")
    render.add_argument("--industry", default="", help="the trainee's industry")
    render.add_argument("--locale", default="", help="language tag, such as es or pt-BR")
    render.add_argument("--name", default="", help="the trainee's name")
    render.set_defaults(run=_render)

    schema = tools.add_parser("schema", help="write prompts/script.schema.json")
    schema.set_defaults(run=_schema)
    for tool in (listing, render, schema):
        tool.add_argument("--prompts", type=Path, default=PROMPTS, help="another folder of scripts")
    return parser


def _list(options: argparse.Namespace) -> int:
    library = load_library(options.prompts.resolve())
    rows = [("script", "locale", "version", "questions", "industries", "training")]
    for name, files in library.scripts.items():
        for locale, file in files.items():
            script = file.fields
            industries = ", ".join(script.industries) or "-"
            counts = (str(script.version), str(len(script.questions)))
            rows.append((name, locale, *counts, industries, script.training or "-"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip())
    for finding in library.broken:
        print(_from_here(finding), file=sys.stderr)
    return int(bool(library.broken))


def _check(options: argparse.Namespace) -> int:
    voices = _voices(options.voice or [])
    found = [finding for path in options.path for finding in check_path(path, voices)]
    for finding in found:
        print(_from_here(finding))
    errors = sum(finding.severity == "error" for finding in found)
    checked = ", ".join(str(path) for path in options.path)
    counts = f"{_number(errors, 'error')}, {_number(len(found) - errors, 'warning')}"
    print(f"{counts if found else 'no findings'} in {checked}", file=sys.stderr)
    for draft in _unchecked_drafts(options.path):
        print(f"draft not checked; run: prompts check {draft}", file=sys.stderr)
    return int(errors > 0)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _unchecked_drafts(checked: Sequence[Path]) -> list[Path]:
    """Return the draft folders inside the checked folders."""
    return sorted(
        draft
        for path in checked
        for draft in path.glob("_*")
        if draft.name != COMMON and any(draft.glob("*.md"))
    )


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


def _from_here(finding: Finding) -> Finding:
    """Return the finding with its path relative to the current folder."""
    path, here = finding.path, Path.cwd()
    return replace(finding, path=path.relative_to(here) if path.is_relative_to(here) else path)


def _render(options: argparse.Namespace) -> int:
    metadata = JobMetadata.model_validate(
        {
            "trainee": {"name": options.name},
            "training_type": options.training_type,
            "role": options.role,
            "industry": options.industry,
            "locale": options.locale,
        }
    )
    script = script_for(metadata, load_library(options.prompts.resolve()))
    print("\n".join(_rendered(script)))
    return 0


def _rendered(script: RenderedScript) -> list[str]:
    seconds = estimate_speech_s(script.opening, script.locale)
    limits = ", ".join(f"{name} {value}" for name, value in script.limits)
    lines = [
        f"{script.name} {script.locale} version {script.version}",
        f"  selected: {script.reason}",
        f"  voice: {script.voice or 'from VOICES'}",
        f"  avatar: {script.avatar or 'BEYOND_PRESENCE_AVATAR_ID'}",
        f"  limits: {limits}",
        f"  after the closing line: {script.after_closing}",
        f"  the opening takes about {seconds:.0f} s",
        "",
    ]
    lines += [f"{field.replace('_', ' ')}:\n  {getattr(script, field)}" for field in _FIELDS]
    lines += ["", "questions:"] if script.questions else ["", "no questions"]
    for question in script.questions:
        kind = f"{question.type}, {'required' if question.required else 'optional'}"
        kind += format_condition(question, "; ")
        lines.append(f"  {question.id} ({kind}): {question.ask}")
        if question.type == "choice":
            lines += [f"    {id}: {words}" for id, words in question.choices.items()]
    return [*lines, "", "instructions for the LLM:", script.instructions]


def _schema(options: argparse.Namespace) -> int:
    path = options.prompts / "script.schema.json"
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")
    print(f"wrote {path}")
    return 0
