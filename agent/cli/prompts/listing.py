"""`prompts list`: every script, its locales, and what is missing, stale or a draft."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping

from agent.cli.prompts.arguments import Tools
from agent.cli.prompts.check import from_here
from agent.scripts.library import ScriptFile, drafts, read_library, with_folder
from agent.scripts.schema import Script
from agent.scripts.selection import DEFAULT_LOCALE


def add_to(tools: Tools) -> None:
    """Declare the tool's arguments."""
    listing = tools.add_parser(
        "list", help="list all scripts with their locales, versions and what is missing"
    )
    listing.set_defaults(run=_list)


def _list(options: argparse.Namespace) -> int:
    root = options.prompts.resolve()
    library = read_library(root)
    for draft in drafts(root):
        library = with_folder(library, draft)
    rows = [("script", "locale", "version", "reviewed", "questions", "state")]
    wanted = set(library.commons)
    for name, files in library.scripts.items():
        for locale in sorted(files.keys() | _missing(files, wanted)):
            rows.append(_row(name, locale, files))
    for finding in library.broken:
        rows.append((finding.path.parent.name, finding.path.stem, "-", "-", "-", "not valid"))
    rows = list(dict.fromkeys(rows))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip())
    for finding in library.broken:
        print(from_here(finding), file=sys.stderr)
    return int(bool(library.broken))


def _missing(files: Mapping[str, ScriptFile[Script]], common: set[str]) -> set[str]:
    """Return the locales that a script should have and does not have."""
    declared = next((f.fields.locales for f in files.values() if f.fields.locales), None)
    return set(common if declared is None else declared) - files.keys()


def _row(
    name: str, locale: str, files: Mapping[str, ScriptFile[Script]]
) -> tuple[str, str, str, str, str, str]:
    if locale not in files:
        return (name, locale, "-", "-", "-", "missing")
    script = files[locale].fields
    return (
        name,
        locale,
        str(script.version),
        str(script.reviewed or "-"),
        str(len(script.questions)),
        ", ".join(_states(name, locale, files)) or "in use",
    )


def _states(name: str, locale: str, files: Mapping[str, ScriptFile[Script]]) -> Iterator[str]:
    if name.startswith("_"):
        yield "draft"
    source = files.get(DEFAULT_LOCALE) or max(files.values(), key=lambda f: f.fields.version)
    if files[locale].fields.version < source.fields.version:
        yield f"stale: {source.path.name} has version {source.fields.version}"
