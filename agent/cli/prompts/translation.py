"""`prompts export` and `prompts import`: a table for translators, one for each language.

It is CSV, which spreadsheets open, with a row for each text. Its columns are `script`, `field`, the
original language and the translation. An import changes nothing if one row is wrong.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from agent.cli.prompts import editing
from agent.cli.prompts.arguments import Tools
from agent.cli.prompts.check import from_here
from agent.cli.prompts.new import shared_texts
from agent.core.errors import ScriptError
from agent.scripts.checks.folders import check_path
from agent.scripts.library import LOCALE, Library, ScriptFile, read_library, with_folder
from agent.scripts.schema import Script
from agent.scripts.selection import DEFAULT_LOCALE

_FIRST_COLUMNS = ["script", "field"]
_PLACEHOLDERS = re.compile(r"\{\{\s*(.*?)\s*\}\}|\{%-?\s*(.*?)\s*-?%\}")


def add_to(tools: Tools) -> None:
    """Declare the arguments of both tools."""
    export = tools.add_parser("export", help="write a table of all texts for translators (CSV)")
    export.add_argument("script", nargs="*", help="names of scripts (default: all)")
    export.add_argument("--locale", required=True, help="the language to translate into")
    export.add_argument("--source", default=DEFAULT_LOCALE, help="the language to translate from")
    export.add_argument("--out", type=Path, help="the file to write (default: standard output)")
    export.set_defaults(run=_export)
    imports = tools.add_parser("import", help="write a translated table into the scripts")
    imports.add_argument("table", type=Path, help="the file of `prompts export`, translated")
    imports.set_defaults(run=_import)


def _export(options: argparse.Namespace) -> int:
    if not LOCALE.fullmatch(options.locale) or options.locale == options.source:
        raise ScriptError(f"{options.locale!r} is not another language tag, such as es or pt-BR")
    library = read_library(options.prompts.resolve())
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow([*_FIRST_COLUMNS, options.source, options.locale])
    for name in options.script or library.scripts:
        if options.source not in _files(library, name):
            print(f"{name} has no file in {options.source}; left out", file=sys.stderr)
            continue
        script = _TranslatedScript.read(library, name, options.source, options.locale)
        for field, text in script.originals.items():
            table.writerow([name, field, text, script.translated.get(field, "")])
    if options.out is None:
        print(out.getvalue(), end="")
    else:
        # With a mark at the start, spreadsheets recognize UTF-8.
        options.out.write_text(out.getvalue(), encoding="utf-8-sig")
        print(f"wrote {options.out}")
    return 0


def _import(options: argparse.Namespace) -> int:
    library = read_library(options.prompts.resolve())
    contents, problems = _new_contents(library, *_read_table(options.table))
    if problems:
        print("\n".join([*problems, "nothing was written"]), file=sys.stderr)
        return 1
    errors = 0
    for path, content in contents.items():
        if path.exists() and path.read_text(encoding="utf-8") == content:
            continue
        path.write_text(content, encoding="utf-8")
        print(f"wrote {path}")
        for finding in check_path(path):
            errors += finding.severity == "error"
            print(from_here(finding))
    return int(errors > 0)


class _Row(NamedTuple):
    """One text of a script, and its translation."""

    number: int
    """Of the line in the table, counted from 1."""
    script: str
    field: str
    original: str
    translation: str
    """Empty if it is not translated yet."""


def _read_table(file: Path) -> tuple[str, str, list[_Row]]:
    """Read a table that a spreadsheet has saved.

    Returns:
        The language translated from, the one translated into, and the rows.

    Raises:
        ScriptError: it cannot be read, or is not such a table.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        why = getattr(e, "strerror", None) or "save it as CSV in UTF-8"
        raise ScriptError(f"{file} cannot be read: {why}") from e
    separator = ";" if ";" in text.partition("\n")[0] else ","  # spreadsheets in some languages
    lines = list(csv.reader(io.StringIO(text), delimiter=separator))
    header = lines[0] if lines else []
    if len(header) != 4 or header[:2] != _FIRST_COLUMNS or not LOCALE.fullmatch(header[3]):
        raise ScriptError(f"{file} has other columns than `prompts export` wrote")
    complete = (line for line in lines[1:] if len(line) == len(header))
    rows = [
        _Row(number, script.strip(), field.strip(), " ".join(original.split()), translation.strip())
        for number, (script, field, original, translation) in enumerate(complete, start=2)
    ]
    return header[2], header[3], rows


def _new_contents(
    library: Library, source: str, locale: str, table: Sequence[_Row]
) -> tuple[dict[Path, str], list[str]]:
    """Return the new content of each file, and what is wrong with the table."""
    contents: dict[Path, str] = {}
    problems: list[str] = []
    for name in dict.fromkeys(row.script for row in table if row.translation):
        rows = [row for row in table if row.script == name]
        try:
            script = _TranslatedScript.read(library, name, source, locale)
        except ScriptError as e:
            problems.append(f"row {rows[0].number}: {e}")
            continue
        problems += [
            f"row {row.number}: {name}, {row.field}: {why}"
            for row in rows
            if (why := script.problem(row))
        ]
        if not problems:
            contents[script.path] = script.with_translations(rows)
    return contents, problems


@dataclass(frozen=True)
class _TranslatedScript:
    """A script in the language that it is translated into."""

    path: Path
    original: str
    """The content of the file in the original language."""
    shared: Mapping[str, str]
    """Original texts that all scripts share; only for a new file in a language without them."""
    originals: Mapping[str, str]
    """The texts to translate, by field."""
    current: str
    """The content of the file; empty if there is none yet."""
    translated: Mapping[str, str]
    """The translations until now, by field."""

    @classmethod
    def read(cls, library: Library, name: str, source: str, locale: str) -> Self:
        """Read the files of a script.

        Raises:
            ScriptError: there is no such script, or it has no file in the original language.
        """
        files = _files(library, name)
        if source not in files:
            raise ScriptError(f"{name} has no file in {source}")
        path = files[source].path
        original = path.read_text(encoding="utf-8")
        shared = {} if locale in files else shared_texts(library.root, locale)
        current = files[locale].path.read_text(encoding="utf-8") if locale in files else ""
        return cls(
            path=path.with_name(f"{locale}.md"),
            original=original,
            shared=shared,
            originals={**editing.texts_of(original), **shared},
            current=current,
            translated=editing.texts_of(current) if current else {},
        )

    def problem(self, row: _Row) -> str:
        """Say what is wrong with a row of this script; empty if nothing is."""
        original = self.originals.get(row.field)
        if original is None:
            return "the script has no such text"
        if row.original != " ".join(original.split()):
            return "the original has changed since the export; export again"
        if not row.translation:
            return ""
        if self.current and row.field not in self.translated:
            return f"{self.path} has no such field"
        used = _placeholders(row.original)
        # A translation may also keep those that it has now.
        now = _placeholders(self.translated.get(row.field, row.original))
        if _placeholders(row.translation) in (used, now):
            return ""
        named = ", ".join(sorted(used)) or "none"
        return f"must have the same placeholders as the original: {named}"

    def with_translations(self, rows: Sequence[_Row]) -> str:
        """Return the new content of the file."""
        texts = {row.field: row.translation for row in rows if row.translation}
        if self.current:
            return editing.with_texts(self.current, texts)
        return editing.translated_from(self.original, texts, self.shared)


def _files(library: Library, name: str) -> dict[str, ScriptFile[Script]]:
    """Return the files of a script or a draft, by locale.

    Raises:
        ScriptError: there is no such script.
    """
    if name.startswith("_"):
        library = with_folder(library, library.root / name)
    if name not in library.scripts:
        raise ScriptError(f"there is no script {name}; there are: {', '.join(library.scripts)}")
    return library.scripts[name]


def _placeholders(text: str) -> set[str]:
    return {f"{{{{ {a} }}}}" if a else f"{{% {b} %}}" for a, b in _PLACEHOLDERS.findall(text)}
