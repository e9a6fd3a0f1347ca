"""Edit script files: replace texts and keep everything else, comments included, as it is.

For translators' tables, and for new locales: `texts_of` lists what is translated, `with_texts`
writes the translations into a file, and `translated_from` makes the file of a new locale.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import FoldedScalarString

from agent.scripts.finding import Loc, dotted, texts_in
from agent.scripts.front_matter import PARTS
from agent.scripts.schema import SharedTexts

PERSONA: Final = "persona"
"""Stands for the text below the front matter, which is not a field."""
_TRANSLATED: Final = frozenset(
    "training opening closing welcome_text talking_points facts questions words industries".split()
) | frozenset(SharedTexts.model_fields)
_NOT_INSIDE: Final = frozenset({"id", "type", "aliases", "only_if"})
_OF_ONE_LANGUAGE: Final = (
    *("training_types", "roles", "keyterms", "reviewed", "voice", "avatar", "locales"),
)
"""Fields that a file in a new language does not take over."""
_LINE: Final = 100  # characters


def texts_of(content: str) -> Mapping[str, str]:
    """Return every text of a script file that is translated, by its field.

    Args:
        content: of a valid script file.
    """
    fields, body = _parse(content)
    return {**{dotted(loc): text for loc, text in _texts(fields)}, PERSONA: body.strip()}


def with_texts(content: str, texts: Mapping[str, str]) -> str:
    """Return the content with other texts, and `version` raised; the same if nothing changes.

    Raises:
        KeyError: a field does not exist in the file.
    """
    known = texts_of(content)
    changed = {field: text for field, text in texts.items() if text != known[field]}
    if not changed:
        return content
    fields, body = _parse(content)
    for loc, _ in list(_texts(fields)):
        if dotted(loc) in changed:
            _set(fields, loc, changed[dotted(loc)])
    fields["version"] += 1
    return _write(fields, f"{changed[PERSONA]}\n" if PERSONA in changed else body)


def translated_from(
    content: str, texts: Mapping[str, str], shared: Mapping[str, str] | None = None
) -> str:
    """Return the file of another locale: the structure of `content`, with the texts given.

    A text that is not given is empty, and a comment above it has the original text. The file cannot
    be used before it is complete.

    Args:
        shared: texts of `_common` that the file needs, too: its locale has no `_common`.
    """
    fields, body = _parse(content)
    for name, text in (shared or {}).items():
        fields.setdefault(name, text)
    for name in _OF_ONE_LANGUAGE:
        fields.pop(name, None)
    for industry in fields.get("industries", {}).values():
        industry.pop("aliases", None)
    missing: dict[str, str] = {}
    for number, (loc, original) in enumerate(list(_texts(fields))):
        marker = f"TRANSLATE{number:04}"
        text = texts.get(dotted(loc), "")
        _set(fields, loc, text or marker, folded=bool(text))
        if not text:
            missing[marker] = original
    persona = texts.get(PERSONA) or "".join(
        f"{{# {line} #}}\n" for line in body.strip().splitlines()
    )
    return _with_comments(_write(fields, f"{persona.rstrip()}\n"), missing)


def _with_comments(content: str, missing: Mapping[str, str]) -> str:
    """Empty the marked texts, and write each original into a comment above."""
    lines = []
    for line in content.split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        for marker in re.findall(r"TRANSLATE\d{4}", line):
            lines.append(f"{indent}# {missing[marker]}")
            line = re.sub(rf"[\"']?{marker}[\"']?", "", line).rstrip()
        lines.append(line)
    return "\n".join(lines)


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 100_000  # folded texts keep their own line breaks
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _parse(content: str) -> tuple[Any, str]:
    parts = PARTS.match(content)
    assert parts is not None, "the caller checks the file"
    return _yaml().load(parts[1]), parts[2]


def _write(fields: Any, body: str) -> str:
    out = io.StringIO()
    _yaml().dump(fields, out)
    return f"---\n{out.getvalue()}---\n{body}"


def _texts(fields: Mapping[str, Any]) -> Iterator[tuple[Loc, str]]:
    for loc, text in texts_in(fields):
        if loc[0] in _TRANSLATED and not _NOT_INSIDE.intersection(loc[1:]):
            yield loc, " ".join(text.split())


def _set(fields: Any, loc: Loc, text: str, *, folded: bool = True) -> None:
    for part in loc[:-1]:
        fields = fields[part]
    if folded and isinstance(fields[loc[-1]], FoldedScalarString):
        fields[loc[-1]] = _folded(text)
    else:
        fields[loc[-1]] = text


def _folded(text: str) -> str:
    """Fold a text at spaces into lines, as a writer would."""
    folded: Any = FoldedScalarString(text)
    positions, start = [], 0
    while len(text) - start > _LINE and (space := text.rfind(" ", start, start + _LINE)) > start:
        positions.append(space)
        start = space
    folded.fold_pos = positions  # how ruamel.yaml keeps the line breaks of a file, too
    said: str = folded
    return said
