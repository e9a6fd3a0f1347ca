"""Front matter: a script file's text and its YAML, within limits, with the line of every field.

This module knows no field names. It refuses what no script needs before it can cost anything: pipes
and devices, files of megabytes, deep nesting, aliases and tags.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from agent.scripts.explain import explain_yaml
from agent.scripts.finding import Finding, InvalidScriptFile, Loc

PARTS = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)(.*)", re.S | re.M)
_FILE_MAX = 200_000  # bytes; the longest shipped file has 8,000
_DEPTH_MAX = 12
_CUT_SHOWN = 20  # characters
_NODES_MAX = 5_000  # the largest shipped file has about 200


@dataclass(frozen=True)
class FrontMatter:
    """The YAML between the two `---` lines of a file."""

    fields: Mapping[Any, Any]
    lines: Mapping[Loc, int]
    """The line in the file, from 1, of every field and list entry."""
    duplicates: Mapping[Loc, int]
    """The line of every key that is given again."""
    cut: Mapping[Loc, str]
    """What follows a text that ends at ` #`, where YAML begins a comment."""

    def line_of(self, loc: Loc) -> int:
        """Return the line of a field, or of the closest field that contains it."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return self.lines.get(loc, 1)


class _Composer(Composer):
    """Refuses aliases, tags and more nodes than a script needs, before anything is built."""

    nodes = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        self.nodes += 1
        why = ""
        if isinstance(event, AliasEvent):
            why = f"a text begins with *{event.anchor}: put the whole text in quotes"
        elif tag := getattr(event, "tag", None):
            why = f"a text begins with {tag!r}: put the whole text in quotes, or remove it"
        elif getattr(event, "value", "") == "<<":
            why = "a name is <<: put it in quotes, or remove it"
        elif self.depth >= _DEPTH_MAX + 1 or self.nodes > _NODES_MAX:
            why = "front matter is nested too deeply, or too long"
        if why:
            raise _RefusedError(None, None, why, event.start_mark)
        return super().compose_node(parent, index)


class _RefusedError(ComposerError):
    """Valid YAML that no script needs; `problem` is the text for the writer."""


def text_of(path: Path) -> str:
    """Read a script file of UTF-8 text. Raises InvalidScriptFile."""
    try:
        # Do not open a pipe or a device: reading it may never end.
        if path.exists() and not path.is_file():
            raise InvalidScriptFile(Finding(path, 0, "", "cannot be read: it is not a file"))
        with path.open("rb") as file:
            data = file.read(_FILE_MAX + 1)
        if len(data) > _FILE_MAX:
            why = f"is larger than {_FILE_MAX // 1000} kB, the limit for scripts"
            raise InvalidScriptFile(Finding(path, 0, "", why))
        text = data.decode("utf-8-sig")
    except OSError as e:
        raise InvalidScriptFile(Finding(path, 0, "", f"cannot be read: {e.strerror}")) from e
    except UnicodeDecodeError as e:
        line = e.object[: e.start].count(b"\n") + 1
        why = "cannot be read: save it as UTF-8 text"
        raise InvalidScriptFile(Finding(path, line, "", why)) from e
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_front_matter(path: Path, text: str) -> FrontMatter:
    """Parse the YAML between the `---` lines. Raises InvalidScriptFile."""
    try:
        front_matter = _parse(text)
    except (YAMLError, ValueError, TypeError) as e:
        line, why = _explain(e, text)
        raise InvalidScriptFile(Finding(path, line, "", why)) from e
    if not isinstance(front_matter.fields, dict):
        raise InvalidScriptFile(Finding(path, 2, "", "front matter must be names and texts"))
    return front_matter


@lru_cache(maxsize=256)
def _parse(text: str) -> FrontMatter:
    """Parse YAML; commands read a file several times, and `preview` at each reload of its page."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _Composer
    yaml.allow_duplicate_keys = True  # each is reported, with its line
    node = yaml.compose(text)
    lines, duplicates, cut = _locate(node, text)
    fields = yaml.constructor.construct_document(node) if node else {}
    return FrontMatter(fields, lines, duplicates, cut)


def _locate(node: Node | None, text: str) -> tuple[dict[Loc, int], dict[Loc, int], dict[Loc, str]]:
    lines: dict[Loc, int] = {}
    duplicates: dict[Loc, int] = {}
    cut: dict[Loc, str] = {}

    def walk(node: Node | None, loc: Loc) -> None:
        if isinstance(node, MappingNode):
            for key, value in node.value:
                if not isinstance(key, ScalarNode):
                    raise _RefusedError(None, None, "a name must be text", key.start_mark)
                here = (*loc, str(key.value))
                if here in lines:
                    duplicates[here] = _line(key)
                    continue
                lines[here] = _line(key)
                walk(value, here)
        elif isinstance(node, SequenceNode):
            for i, value in enumerate(node.value):
                lines[(*loc, i)] = _line(value)
                walk(value, (*loc, i))
        elif isinstance(node, ScalarNode) and node.style is None and node.value:
            # A comment has two spaces before it, as in `version: 3  # the new opening`.
            found = re.match(r" #[^\n]*", text[node.end_mark.index :])
            if found and any(c.isalpha() for c in node.value):
                cut[loc] = found[0].strip()[:_CUT_SHOWN]

    walk(node, ())
    return lines, duplicates, cut


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 2  # from 1, below the first `---`


def _explain(error: Exception, text: str) -> tuple[int, str]:
    mark = getattr(error, "problem_mark", None)
    if "end of stream" in str(error):
        mark = getattr(error, "context_mark", None) or mark  # where the text or list was opened
    line = mark.line + 2 if mark else 1
    if isinstance(error, ReaderError):
        line = text[: error.position].count("\n") + 2
        return (
            line,
            f"contains the invisible character U+{error.character:04X}: type the text again",
        )
    if isinstance(error, _RefusedError):
        return line, str(error.problem)
    problem = error.problem if isinstance(error, MarkedYAMLError) else error
    return line, explain_yaml(str(problem))
