"""The script for a trainee, filled with their values; the next best one if it cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from agent.core.errors import ScriptError
from agent.core.job_metadata import JobMetadata
from agent.core.log import logger
from agent.scripts.library import PROMPTS, Library, load_library
from agent.scripts.rendered_script import RenderedScript, Welcome
from agent.scripts.rendering import render_script, render_welcome
from agent.scripts.selection import ScriptSelection, rank_scripts

T = TypeVar("T")


def script_for(metadata: JobMetadata, library: Library | None = None) -> RenderedScript:
    """Return the script for a trainee, filled with what is known about them.

    If a script cannot be filled, use the next best one. Raises ScriptError if none can be used.
    """
    library = library or load_library(PROMPTS)
    return _best(library, _ranked(library, metadata), metadata, render_script)


def script_in(
    locale: str, script: RenderedScript, metadata: JobMetadata, library: Library | None = None
) -> RenderedScript:
    """Return the same script in another of its locales, or for other details of the trainee.

    `script_for` may choose another script, because it prefers aliases in the trainee's language.
    Raises ScriptError if the script cannot be used in this locale.
    """
    library = library or load_library(PROMPTS)
    file = library.scripts[script.name][locale]
    industry = script.industry if script.industry in file.fields.industries else ""
    selection = ScriptSelection(file, script.chosen_by, "exact", industry)
    return _best(library, (selection,), metadata, render_script)


def welcome_for(metadata: JobMetadata) -> Welcome:
    """Return what the page shows before a trainee's greeting: a small part of `script_for`."""
    library = load_library(PROMPTS)
    return _best(library, _ranked(library, metadata), metadata, render_welcome)


def _ranked(library: Library, metadata: JobMetadata) -> tuple[ScriptSelection, ...]:
    """Return the scripts for a trainee, best first."""
    fields = metadata.model_dump(include={"training_type", "role", "industry", "locale"})
    return _ranked_for_everyone(library, JobMetadata.model_construct(**fields))


@lru_cache(maxsize=1024)
def _ranked_for_everyone(library: Library, metadata: JobMetadata) -> tuple[ScriptSelection, ...]:
    """Cached: every trainee of a course has the same, and it takes longer than to fill a text."""
    return tuple(rank_scripts(library, metadata))


def _best(
    library: Library,
    selections: Iterable[ScriptSelection],
    metadata: JobMetadata,
    render: Callable[[Library, ScriptSelection, JobMetadata], T],
) -> T:
    """Return what `render` makes of the first script that it can fill."""
    failed: ScriptError | None = None
    for selection in selections:
        try:
            return render(library, selection, metadata)
        except ScriptError as e:
            file = selection.file
            logger.error(
                "script cannot be filled, using the next best one; correct the file",
                extra={
                    "event": "script_unusable",
                    "script": file.script,
                    "locale": file.locale,
                    "error": str(e),
                },
            )
            failed = e
    if failed is not None:
        raise failed
    first = f": {library.broken[0]}" if library.broken else ""
    raise ScriptError(f"{library.root} holds no script that can be used{first}")


def unusable_files(library: Library | None = None) -> set[Path]:
    """Return the files that no trainee is greeted with: not valid, or not fillable."""
    library = library or load_library(PROMPTS)
    found = {finding.path for finding in library.broken}
    for files in library.scripts.values():
        for file in files.values():
            try:
                render_script(library, ScriptSelection(file, "default", "exact", ""), JobMetadata())
            except ScriptError:
                found.add(file.path)
    return found
