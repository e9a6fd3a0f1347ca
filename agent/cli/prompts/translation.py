"""`prompts export` and `prompts import`: a table for translators, one for each language.

The table is CSV, which spreadsheets open: a row for each text, with the columns `script`, `field`,
the original language and the translation. An import changes nothing if one row is wrong.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.cli.prompts.arguments import Tools, add_prompts_folder
from agent.cli.prompts.check import from_here
from agent.cli.prompts.new import shared_texts
from agent.core.errors import ScriptError
from agent.scripts import editing
from agent.scripts.check import check_path
from agent.scripts.library import LOCALE, Library, ScriptFile, read_library, with_folder
from agent.scripts.schema import Script
from agent.scripts.selection import DEFAULT_LOCALE

_PLACEHOLDERS = re.compile(r"\{\{\s*(.*?)\s*\}\}|\{%-?\s*(.*?)\s*-?%\}")


def add_to(tools: Tools) -> None:
    """Declare the arguments of both tools."""
    export = tools.add_parser("export", help="write a table of all texts for translators (CSV)")
    export.add_argument("script", nargs="*", help="names of scripts (default: all)")
    export.add_argument("--locale", required=True, help="the language to translate into")
    export.add_argument("--source", default=DEFAULT_LOCALE, help="the language to translate from")
    export.add_argument("--out", type=Path, help="the file to write (default: standard output)")
    add_prompts_folder(export)
    export.set_defaults(run=_export)
    imports = tools.add_parser("import", help="write a translated table into the scripts")
    imports.add_argument("table", type=Path, help="the file of `prompts export`, translated")
    add_prompts_folder(imports)
    imports.set_defaults(run=_import)


def _export(options: argparse.Namespace) -> int:
    if not LOCALE.fullmatch(options.locale) or options.locale == options.source:
        raise ScriptError(f"{options.locale!r} is not another language tag, such as es or pt-BR")
    root = options.prompts.resolve()
    library = read_library(root)
    names = options.script or list(library.scripts)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["script", "field", options.source, options.locale])
    for name in names:
        files = _files(library, name)
        if options.source not in files:
            print(f"{name} has no file in {options.source}; left out", file=sys.stderr)
            continue
        source = files[options.source].path
        originals = editing.texts_of(source.read_text(encoding="utf-8"))
        if options.locale in files:
            own = editing.texts_of(files[options.locale].path.read_text(encoding="utf-8"))
        else:
            originals |= shared_texts(root, options.locale)
            own = {}
        for field, text in originals.items():
            table.writerow([name, field, text, own.get(field, "")])
    if options.out is None:
        print(out.getvalue(), end="")
    else:
        # With a mark at the start, spreadsheets recognize UTF-8.
        options.out.write_text(out.getvalue(), encoding="utf-8-sig")
        print(f"wrote {options.out}")
    return 0


@dataclass(frozen=True)
class _Row:
    number: int
    script: str
    field: str
    original: str
    translation: str


def _import(options: argparse.Namespace) -> int:
    library = read_library(options.prompts.resolve())
    source, locale, rows = _read(options.table)
    written: dict[Path, str] = {}
    problems: list[str] = []
    for name in dict.fromkeys(row.script for row in rows):
        own = [row for row in rows if row.script == name]
        try:
            path, content, wrong = _translated(library, name, source, locale, own)
        except ScriptError as e:
            problems.append(f"row {own[0].number}: {e}")
            continue
        written[path] = content
        problems += wrong
    if problems:
        print("\n".join([*problems, "nothing was written"]), file=sys.stderr)
        return 1
    errors = 0
    for path, content in written.items():
        if path.exists() and path.read_text(encoding="utf-8") == content:
            continue
        path.write_text(content, encoding="utf-8")
        print(f"wrote {path}")
        for finding in check_path(path):
            errors += finding.severity == "error"
            print(from_here(finding))
    return int(errors > 0)


def _read(table: Path) -> tuple[str, str, list[_Row]]:
    """Return both languages and the rows of a table.

    Raises:
        ScriptError: it cannot be read, or is not such a table.
    """
    try:
        text = table.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        why = getattr(e, "strerror", None) or "save it as CSV in UTF-8"
        raise ScriptError(f"{table} cannot be read: {why}") from e
    separator = ";" if ";" in text.partition("\n")[0] else ","  # spreadsheets in some languages
    lines = list(csv.reader(io.StringIO(text), delimiter=separator))
    header = lines[0] if lines else []
    if len(header) != 4 or header[:2] != ["script", "field"] or not LOCALE.fullmatch(header[3]):
        raise ScriptError(f"{table} has other columns than `prompts export` wrote")
    rows = [
        _Row(number, script.strip(), field.strip(), " ".join(original.split()), text.strip())
        for number, (script, field, original, text) in enumerate(
            (line for line in lines[1:] if len(line) == len(header)), start=2
        )
    ]
    return header[2], header[3], rows


def _translated(
    library: Library, name: str, source: str, locale: str, rows: Sequence[_Row]
) -> tuple[Path, str, list[str]]:
    """Return the file of one script, its new content, and what is wrong with the rows."""
    files = _files(library, name)
    if source not in files:
        raise ScriptError(f"{name} has no file in {source}")
    original = files[source].path.read_text(encoding="utf-8")
    originals = editing.texts_of(original)
    path = files[source].path.with_name(f"{locale}.md")
    shared = {} if locale in files else shared_texts(library.root, locale)
    current = path.read_text(encoding="utf-8") if locale in files else ""
    known = editing.texts_of(current) if current else {}
    wrong = list(_problems(rows, {**originals, **shared}, known))
    texts = {row.field: row.translation for row in rows if row.translation}
    if wrong:
        return path, "", wrong
    if current:
        usable = {field: text for field, text in texts.items() if field in known}
        wrong += [f"{path} has no field {field}" for field in sorted(texts.keys() - known.keys())]
        return path, editing.with_texts(current, usable), wrong
    return path, editing.translated_from(original, texts, shared), wrong


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


def _problems(
    rows: Sequence[_Row], originals: dict[str, str], known: dict[str, str]
) -> Iterator[str]:
    """Say what is wrong with rows; a translation may also keep the placeholders it has now."""
    for row in rows:
        where = f"row {row.number}: {row.script}, {row.field}"
        if row.field not in originals:
            yield f"{where}: the script has no such text"
        elif row.original != " ".join(originals[row.field].split()):
            yield f"{where}: the original has changed since the export; export again"
        elif row.translation and _names(row.translation) not in (
            _names(row.original),
            _names(known.get(row.field, row.original)),
        ):
            used = ", ".join(sorted(_names(row.original))) or "none"
            yield f"{where}: must have the same placeholders as the original: {used}"


def _names(text: str) -> set[str]:
    return {f"{{{{ {a} }}}}" if a else f"{{% {b} %}}" for a, b in _PLACEHOLDERS.findall(text)}
