"""Files: a script or a `_common` file read from disk, every mistake with its file, line and field.

A file that cannot be used is left out of the library and named in `Library.broken`: one writer's
mistake does not take everybody's greeting away. `python -m agent prompts check` is where it shows.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from agent.errors import ScriptError
from agent.log import logger
from agent.scripts.format import Common, Script

PROMPTS = Path(__file__).resolve().parent.parent.parent / "prompts"
COMMON = "_common"
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)(.*)", re.S | re.M)
_TAGS = {"choice", "number", "text", "yes_no"}
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

M = TypeVar("M", bound=BaseModel)
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


@dataclass(frozen=True)
class Page(Generic[M]):
    """One file: its front matter as fields, and the text below it."""

    path: Path
    fields: M
    body: str
    body_line: int
    """The line the body starts at, from 1."""
    _node: Any = field(repr=False, compare=False)

    @property
    def locale(self) -> str:
        return self.path.stem

    @property
    def script(self) -> str:
        return self.path.parent.name

    def finding(self, loc: Loc, message: str) -> Finding:
        """A finding at a field of this file, `loc` as in ("questions", 0, "ask")."""
        return Finding(self.path, _line(self._node, loc), _dotted(loc), message)

    def body_finding(self, line: int, message: str) -> Finding:
        """A finding in the text below the front matter, `line` from 1."""
        return Finding(self.path, self.body_line + line - 1, "", message)


@dataclass(frozen=True)
class Library:
    """All of `prompts/` that can be used."""

    root: Path
    scripts: dict[str, dict[str, Page[Script]]]
    """By script, then by locale."""
    commons: dict[str, Page[Common]]
    """By locale."""
    broken: tuple[Finding, ...]


class Unusable(ScriptError):
    """A file that is no script; holds every reason."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = tuple(findings)


def read_page(path: Path, model: type[M]) -> Page[M]:
    """Read one file.

    Raises:
        Unusable: it cannot be read, or a field is unknown, missing, doubled or of a wrong kind.
    """
    if not LOCALE.fullmatch(path.stem):
        raise Unusable([Finding(path, 0, "", f"{path.stem!r} is no locale, like es or pt-BR")])
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        why = e.strerror if isinstance(e, OSError) else "it is not UTF-8"
        raise Unusable([Finding(path, 0, "", f"cannot be read: {why}")]) from e
    parts = _FRONT_MATTER.match(text)
    if parts is None:
        message = "front matter between two lines of --- is missing"
        raise Unusable([Finding(path, 1, "", message)])
    loader = _Loader(parts[1])
    try:
        node = loader.get_single_node()
        fields = loader.construct_document(node) if node else {}
    except (yaml.YAMLError, ValueError) as e:
        mark = getattr(e, "problem_mark", None)
        why = getattr(e, "problem", None) or str(e)
        line = mark.line + 2 if mark else 1
        raise Unusable([Finding(path, line, "", f"front matter is not YAML: {why}")]) from e
    finally:
        loader.dispose()
    if not isinstance(fields, dict):
        raise Unusable([Finding(path, 2, "", "front matter must be names and texts")])
    try:
        found = [
            Finding(path, line, _dotted(loc), "is there twice") for loc, line in _doubled(node, ())
        ]
    except RecursionError as e:
        raise Unusable([Finding(path, 2, "", "front matter refers to itself")]) from e
    try:
        values = model.model_validate(fields)
    except ValidationError as e:
        found += [_explained(path, node, error, model) for error in e.errors()]
    if found:
        raise Unusable(sorted(found))
    body_line = text[: parts.start(2)].count("\n") + 1
    return Page(path, values, parts[2], body_line, node)


@cache
def load_library(root: Path) -> Library:
    """`read_library`, once per process; what is left out is logged."""
    library = read_library(root)
    for finding in library.broken:
        logger.error("a script is left out", extra={"finding": str(finding)})
    return library


def read_library(root: Path) -> Library:
    """Read every file of a `prompts/` folder.

    A folder without a `_common` of its own shares that of the shipped scripts.

    Raises:
        ScriptError: there is no such folder.
    """
    if not root.is_dir():
        raise ScriptError(f"{root} is no folder of scripts")
    scripts: dict[str, dict[str, Page[Script]]] = {}
    commons: dict[str, Page[Common]] = {}
    broken: list[Finding] = []
    for folder in sorted(p for p in root.iterdir() if p.is_dir() and p.name[0] != "."):
        for path in sorted(folder.glob("*.md")):
            try:
                if folder.name == COMMON:
                    commons[path.stem] = read_page(path, Common)
                else:
                    page = read_page(path, Script)
                    scripts.setdefault(folder.name, {})[path.stem] = page
            except Unusable as e:
                broken += e.findings
    if not commons and root != PROMPTS:
        commons = load_library(PROMPTS).commons
    return Library(root, scripts, commons, tuple(broken))


def _explained(path: Path, node: Any, error: ErrorDetails, model: type[BaseModel]) -> Finding:
    # The kind of a question stands in pydantic's path, but not in the file.
    loc = tuple(
        part
        for i, part in enumerate(error["loc"])
        if not (part in _TAGS and i == 2 and error["loc"][0] == "questions")
    )
    kind, message = error["type"], error["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        close = (
            difflib.get_close_matches(str(loc[-1]), model.model_fields, 1) if loc[:-1] == () else []
        )
        message = "unknown field" + (f"; do you mean {close[0]!r}?" if close else "")
    elif kind == "missing":
        message = "is missing"
    elif kind == "union_tag_not_found":
        loc, message = (*loc, "type"), "is missing: choice, number, text or yes_no"
    elif kind == "union_tag_invalid":
        loc, message = (*loc, "type"), "must be choice, number, text or yes_no"
    elif kind in {"model_type", "model_attributes_type", "dict_type"}:
        message = "must be names and values"
    elif kind == "string_type":
        message = "must be text; put it in quotes if it is meant as text"
    elif kind == "string_too_short":
        message = "is empty"
    elif loc and loc[-1] == "choices" and kind == "too_short":
        message = "a choice question needs two choices or more"
    return Finding(path, _line(node, loc), _dotted(loc), message)


def _dotted(loc: Loc) -> str:
    named = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return named.removeprefix(".").removesuffix(".[key]")


def _line(node: Any, loc: Loc) -> int:
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


def _doubled(node: Any, loc: Loc) -> Iterator[tuple[Loc, int]]:
    """Keys given twice: YAML itself would silently keep the last."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            here = (*loc, str(key.value))
            if key.value in seen:
                yield here, key.start_mark.line + 2
            seen.add(key.value)
            yield from _doubled(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield from _doubled(value, (*loc, i))
