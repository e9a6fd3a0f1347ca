"""The table of `prompts export`: CSV, which spreadsheets open, with a row for each text.

Its columns are `script`, `field`, the original language and the translation.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from agent.core.errors import ScriptError
from agent.scripts.library import LOCALE

_FIRST_COLUMNS = ["script", "field"]


@dataclass(frozen=True)
class Row:
    """One text of a script, and its translation."""

    number: int
    """Of the line in the table, counted from 1."""
    script: str
    field: str
    original: str
    translation: str
    """Empty if it is not translated yet."""


@dataclass(frozen=True)
class Table:
    """What a translator has sent back."""

    source: str
    """The language translated from."""
    locale: str
    """The language translated into."""
    rows: list[Row]


def to_csv(source: str, locale: str, rows: Iterable[tuple[str, str, str, str]]) -> str:
    """Return a table with rows of script, field, original and translation."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow([*_FIRST_COLUMNS, source, locale])
    table.writerows(rows)
    return out.getvalue()


def read_table(file: Path) -> Table:
    """Read a table that a spreadsheet has saved.

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
        Row(number, script.strip(), field.strip(), " ".join(original.split()), translation.strip())
        for number, (script, field, original, translation) in enumerate(complete, start=2)
    ]
    return Table(source=header[2], locale=header[3], rows=rows)
