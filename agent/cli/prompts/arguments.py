"""Arguments that several commands share: which script, which trainee, which folder of scripts."""

from __future__ import annotations

import argparse
import difflib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from agent.core.errors import ScriptError
from agent.core.job_metadata import JobMetadata
from agent.scripts import Library
from agent.scripts.library import COMMON, read_library, with_folder

SAMPLE_NAME = "Ana"
"""The trainee's name in examples."""
Tools: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001
Arguments: TypeAlias = "argparse._ActionsContainer"  # noqa: SLF001
"""A parser, or a group of its arguments."""


def add_trainee(tool: Arguments, *, name_help: str = "the trainee's name") -> None:
    """Add the options that select a script as the platform does; see `metadata_of`."""
    tool.add_argument("--training-type", default="", help="as the platform writes it")
    tool.add_argument("--role", default="", help="the trainee's role")
    tool.add_argument("--industry", default="", help="the trainee's industry")
    tool.add_argument("--locale", default="", help="language tag, such as es or pt-BR")
    tool.add_argument("--name", help=name_help)


def metadata_of(options: argparse.Namespace) -> JobMetadata:
    """Return what the platform would send for a trainee with these options."""
    names = ("training_type", "role", "industry", "locale")
    given = {name: getattr(options, name) for name in names}
    return JobMetadata.model_validate({"trainee": {"name": options.name or ""}, **given})


@dataclass(frozen=True)
class Target:
    """One script: its library and its name there."""

    library: Library
    name: str
    locales: tuple[str, ...]
    """All usable locales, or the one of the named file."""


def find_script(named: str, prompts: Path) -> Target:
    """Find a script by its name, its folder or one of its files; drafts too.

    Raises:
        ScriptError: there is no such script, or none of its files can be used.
    """
    path = Path(named)
    if not (path.suffix == ".md" or os.sep in named or path.is_dir()):
        path = next((p for p in (prompts / named, prompts / f"_{named}") if p.is_dir()), path)
    path = Path(os.path.abspath(path))
    folder = path.parent if path.suffix == ".md" else path
    if not path.exists() or folder.name == COMMON:
        names = [p.name for p in prompts.iterdir() if p.is_dir() and p.name != COMMON]
        close = difflib.get_close_matches(named, names, 1)
        hint = f"do you mean {close[0]}?" if close else f"there are: {', '.join(sorted(names))}"
        raise ScriptError(f"there is no script {named}; {hint}")
    library = with_folder(read_library(folder.parent), folder)
    files = library.scripts.get(folder.name, {})
    locales = (path.stem,) if path.suffix == ".md" else tuple(files)
    if not files.keys() & set(locales):
        broken = [str(f) for f in library.broken if f.path.is_relative_to(path)]
        raise ScriptError("\n".join(broken) or f"{path} holds no script, such as es.md")
    return Target(library, folder.name, locales)
