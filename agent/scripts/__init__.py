"""Scripts: what the avatar says and may say, authored as data in `prompts/` and chosen per trainee.

`format` is what a file may hold, `files` reads them, `choice` says whose script is which, `spoken`
fills one with a trainee, `speakable` and `check` refuse what should not ship. A trainee's values
are filled in as plain text and are never themselves rendered.
"""

from __future__ import annotations

from agent.core.errors import ScriptError
from agent.core.job_metadata import JobMetadata
from agent.core.log import logger
from agent.scripts.choice import ScriptChoice, choices
from agent.scripts.files import PROMPTS, Library, load_library
from agent.scripts.format import (
    ChoiceQuestion,
    Limits,
    NumberQuestion,
    Question,
    TextQuestion,
    YesNoQuestion,
)
from agent.scripts.spoken import SpokenScript, spoken

__all__ = [
    "PROMPTS",
    "ChoiceQuestion",
    "Library",
    "Limits",
    "NumberQuestion",
    "Question",
    "ScriptChoice",
    "SpokenScript",
    "TextQuestion",
    "YesNoQuestion",
    "load_library",
    "script_for",
]


def script_for(metadata: JobMetadata, library: Library | None = None) -> SpokenScript:
    """The script this trainee hears, filled with what is known of them.

    One that cannot be filled gives way to the next best: a writer's mistake costs no greeting.

    Raises:
        ScriptError: not even the general welcome can be used.
    """
    library = library or load_library(PROMPTS)
    failed: ScriptError | None = None
    for choice in choices(library, metadata):
        try:
            return spoken(library, choice, metadata)
        except ScriptError as e:
            page = choice.page
            logger.error(
                "a script cannot be used",
                extra={"script": page.script, "locale": page.locale, "error": str(e)},
            )
            failed = e
    if failed is not None:
        raise failed
    first = f": {library.broken[0]}" if library.broken else ""
    raise ScriptError(f"{library.root} holds no script that can be used{first}")
