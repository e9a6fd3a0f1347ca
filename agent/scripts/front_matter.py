"""Front matter: a file's text and YAML, within bounds, as nodes that know their lines.

It knows no field. What no script needs is refused before it can cost anything: pipes and devices,
files of megabytes, depths of brackets, aliases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from agent.scripts.finding import Finding, InvalidScriptFile, Loc

PARTS = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)(.*)", re.S | re.M)
_FILE_MAX = 200_000  # bytes; the longest of ours has 8,000
_DEPTH_MAX = 12
_NODES_MAX = 20_000


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as editors read it, which is version 1.2: `yes` and a date are words."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag.rpartition(":")[2] not in {"bool", "int", "merge", "timestamp"}
    ]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
# No octal `010`, no `1:30` that is ninety, no `1_0`.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})$"), list("-+0123456789")
)


def text_of(path: Path) -> str:
    """
    Raises:
        InvalidScriptFile: it is no file of UTF-8 text, or larger than a script can be.
    """
    try:
        # Not followed into a pipe or a device: reading one may never end.
        if path.exists() and not path.is_file():
            raise InvalidScriptFile([Finding(path, 0, "", "cannot be read: it is no file")])
        with path.open("rb") as file:
            data = file.read(_FILE_MAX + 1)
        if len(data) > _FILE_MAX:
            why = f"is larger than {_FILE_MAX // 1000} kB, which no script is"
            raise InvalidScriptFile([Finding(path, 0, "", why)])
        text = data.decode("utf-8-sig")
    except (OSError, RuntimeError, ValueError) as e:
        # RuntimeError: a link to itself, before Python 3.13.
        why = "it is not UTF-8" if isinstance(e, UnicodeDecodeError) else "a link to itself"
        why = getattr(e, "strerror", None) or why
        line = 0
        if isinstance(e, UnicodeDecodeError):
            line = e.object[: e.start].count(b"\n") + 1
        raise InvalidScriptFile([Finding(path, line, "", f"cannot be read: {why}")]) from e
    return text.replace("\r\n", "\n").replace("\r", "\n")


def front_matter(path: Path, text: str) -> tuple[Any, dict[Any, Any]]:
    """The YAML between the fences, as nodes with their lines and as values.

    Raises:
        InvalidScriptFile: it is no YAML, or of a shape that no script has.
    """

    def refused(line: int, why: str) -> InvalidScriptFile:
        return InvalidScriptFile([Finding(path, line, "", why)])

    try:
        depth = count = 0
        for event in yaml.parse(text, _Loader):
            line = event.start_mark.line + 2 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent):
                raise refused(line, f"refers to *{event.anchor}: write it out")
            if tag := getattr(event, "tag", None):
                raise refused(line, f"holds the tag {tag!r}: YAML's own kinds are enough")
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            count += 1
            if depth > _DEPTH_MAX or count > _NODES_MAX:
                raise refused(line, "front matter is nested too deeply, or too long")
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            fields = loader.construct_document(node) if node else {}
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as e:
        mark = getattr(e, "problem_mark", None)
        if "end of stream" in str(e):
            mark = getattr(e, "context_mark", None) or mark  # where it was opened
        position = getattr(e, "position", None)
        line = mark.line + 2 if mark else 1
        if position is not None:
            line = text[:position].count("\n") + 2
        why = getattr(e, "problem", None) or getattr(e, "reason", None) or str(e)
        why = " ".join(why.split())
        if "mapping values" in why or "cannot start any token" in why:
            why += "; put the text in quotes, and indent with spaces"
        raise refused(line, f"front matter is not YAML: {why}") from e
    if not isinstance(fields, dict):
        raise refused(2, "front matter must be names and texts")
    return node, fields


def doubled(node: Any, loc: Loc) -> Iterator[tuple[Loc, int]]:
    """Keys given twice: YAML itself would silently keep the last."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            here = (*loc, str(key.value))
            if key.value in seen:
                yield here, key.start_mark.line + 2
            seen.add(key.value)
            yield from doubled(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield from doubled(value, (*loc, i))
