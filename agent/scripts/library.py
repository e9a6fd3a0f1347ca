"""Read script files and `_common` files from disk; errors name file, line and field.

A file that is not valid is left out of the library and listed in `Library.broken`, so that one
mistake does not stop all greetings. `python -m agent prompts check` reports it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from agent.core.errors import ScriptError
from agent.core.log import logger
from agent.scripts.explain import explain_field
from agent.scripts.finding import Finding, InvalidScriptFile, Loc, Severity, dotted
from agent.scripts.front_matter import PARTS, FrontMatter, parse_front_matter, text_of
from agent.scripts.schema import Common, Script

PROMPTS = Path(__file__).resolve().parent.parent.parent / "prompts"
COMMON = "_common"
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_TAGS = {"choice", "number", "text", "yes_no"}
_MERGE_CONFLICT = re.compile(r"^(?:<{7} |>{7} |={7}$)", re.M)
_QUOTE = "# begins a comment there; put the whole text in quotes"
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, eq=False)
class ScriptFile(Generic[M]):
    """One script file: the fields of its front matter, and the text below it.

    Only a file itself is equal to it, so that results for a file can be cached.
    """

    path: Path
    fields: M
    body: str
    body_line: int
    """The line at which the body starts, from 1."""
    _front_matter: FrontMatter = field(repr=False)

    @cached_property
    def locale(self) -> str:
        return self.path.stem

    @cached_property
    def script(self) -> str:
        return self.path.parent.name

    def finding(self, loc: Loc, message: str, severity: Severity = "error") -> Finding:
        """Return a finding at a field of this file, such as ("questions", 0, "ask")."""
        return Finding(self.path, self._front_matter.line_of(loc), dotted(loc), message, severity)

    def body_finding(self, line: int, message: str) -> Finding:
        """Return a finding in the text below the front matter; its first line is 1."""
        return Finding(self.path, self.body_line + line - 1, "", message)


@dataclass(frozen=True, eq=False)
class Library:
    """All valid files of `prompts/`."""

    root: Path
    scripts: dict[str, dict[str, ScriptFile[Script]]]
    """By script and locale."""
    commons: dict[str, ScriptFile[Common]]
    """By locale."""
    broken: tuple[Finding, ...]


def read_script_file(path: Path, model: type[M]) -> ScriptFile[M]:
    """Read one file.

    Raises InvalidScriptFile if it cannot be read, or if a field is unknown, missing, given twice or
    of the wrong type.
    """
    if not LOCALE.fullmatch(path.stem):
        raise InvalidScriptFile(
            Finding(path, 0, "", f"{path.stem!r} is not a locale such as es or pt-BR")
        )
    text = text_of(path)
    if conflict := _MERGE_CONFLICT.search(text):
        message = "a merge conflict is left here: keep one version, and remove lines such as this"
        line = text[: conflict.start()].count("\n") + 1
        raise InvalidScriptFile(Finding(path, line, "", message))
    parts = PARTS.match(text)
    if parts is None:
        message = "the front matter is missing: put it between two lines of ---"
        raise InvalidScriptFile(Finding(path, 1, "", message))
    front_matter = parse_front_matter(path, parts[1])
    found = [
        Finding(path, line, dotted(loc), "is given twice")
        for loc, line in front_matter.duplicates.items()
    ]
    found += [
        Finding(path, front_matter.line_of(loc), dotted(loc), f"ends before {cut!r}: {_QUOTE}")
        for loc, cut in front_matter.cut.items()
    ]
    try:
        values = model.model_validate(front_matter.fields)
    except ValidationError as e:
        found += [_explained(path, front_matter, error, model) for error in e.errors()]
    if found:
        raise InvalidScriptFile(*sorted(found))
    body_line = text[: parts.start(2)].count("\n") + 1
    return ScriptFile(path, values, parts[2], body_line, front_matter)


@cache
def load_library(root: Path) -> Library:
    """Read a folder once per process, and log the files that are left out."""
    library = read_library(root)
    for finding in library.broken:
        logger.error(
            "script file is not valid and was left out; run: python -m agent prompts check",
            extra={"event": "script_file_invalid", "finding": str(finding)},
        )
    return library


def read_library(root: Path) -> Library:
    """Read every file of a `prompts/` folder. Raises ScriptError if there is no such folder.

    A folder without `_common` uses that of the shipped scripts.
    """
    if not root.is_dir():
        raise ScriptError(f"{root} is not a folder")
    commons, broken = read_commons(root)
    library = Library(root, {}, commons, tuple(broken))
    for folder in folders(root):
        library = with_folder(library, folder)
    return library


def with_folder(library: Library, folder: Path) -> Library:
    """Return the library with the files of one more folder, such as a draft."""
    files, broken = _read_files(folder, Script)
    scripts = {**library.scripts, folder.name: files} if files else library.scripts
    return replace(library, scripts=scripts, broken=(*library.broken, *broken))


def read_commons(root: Path) -> tuple[dict[str, ScriptFile[Common]], list[Finding]]:
    """Return the valid `_common` files by locale, and the findings of the others."""
    commons, broken = _read_files(root / COMMON, Common)
    if not commons and root != PROMPTS:
        commons = load_library(PROMPTS).commons
    return commons, broken


def _read_files(folder: Path, model: type[M]) -> tuple[dict[str, ScriptFile[M]], list[Finding]]:
    files: dict[str, ScriptFile[M]] = {}
    broken: list[Finding] = []
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        names = []
    except OSError as e:
        return {}, [Finding(folder, 0, "", f"cannot be read: {e.strerror}")]
    for path in (folder / n for n in names if n.endswith(".md") and not n.startswith(".")):
        try:
            files[path.stem] = read_script_file(path, model)
        except InvalidScriptFile as e:
            broken += e.findings
    return files, broken


def folders(root: Path) -> list[Path]:
    """Return the folders of scripts; names that start with `_` or a dot are ignored."""
    try:
        return sorted(p for p in root.iterdir() if p.name[0] not in "._" and p.is_dir())
    except OSError as e:
        raise ScriptError(f"{root} cannot be read: {e.strerror}") from e


def drafts(root: Path) -> list[Path]:
    """Return the folders of drafts, whose names start with `_`."""
    return sorted(p for p in root.glob("_*") if p.name != COMMON and any(p.glob("*.md")))


def _explained(
    path: Path, front_matter: FrontMatter, error: ErrorDetails, model: type[BaseModel]
) -> Finding:
    # pydantic's path contains the type of a question; the file does not.
    loc = tuple(
        part
        for i, part in enumerate(error["loc"])
        if not (part in _TAGS and i == 2 and error["loc"][0] == "questions")
    )
    loc, message = explain_field(error, loc, list(model.model_fields))
    return Finding(path, front_matter.line_of(loc), dotted(loc), message)
