"""The words of the shipped scripts, filled by the product's own code as for a real trainee.

Tests take spoken texts from here, so that a new wording in `prompts/` does not change a test.
`tests/unit/test_scripts_not_repeated.py` finds copies.
"""

from __future__ import annotations

import re
from functools import cache

from agent.core.job_metadata import JobMetadata
from agent.scripts import PROMPTS, Library, RenderedScript, load_library, script_for

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


@cache
def _library() -> Library:
    return load_library(PROMPTS)


@cache
def shipped_script(
    training_type: str = "",
    *,
    name: str = "Ada",
    role: str = "",
    industry: str = "",
    locale: str = "",
) -> RenderedScript:
    """Return the script that the agent uses for a request with these values.

    The arguments are those of `tests.support.product.Product.ask`.
    """
    request = {
        "trainee": {"name": name},
        "training_type": training_type,
        "role": role,
        "industry": industry,
        "locale": locale,
    }
    return script_for(JobMetadata.model_validate(request), _library())


def question(script: RenderedScript, question_id: str) -> str:
    """Return the words of a question of this script."""
    return next(q.ask for q in script.questions if q.id == question_id)


def first_sentence(text: str) -> str:
    return _SENTENCE_END.split(text)[0]


def last_sentence(text: str) -> str:
    return _SENTENCE_END.split(text)[-1]


@cache
def _opening_ends() -> tuple[str, ...]:
    """Return the last two sentences of every shipped opening.

    The last one alone is a question, which the agent may ask again.
    """
    scripts = (
        shipped_script(training, locale=locale)
        for training, files in _library().scripts.items()
        for locale in files
    )
    openings = {text for script in scripts for text in (script.opening, script.opening_recorded)}
    return tuple(sorted({" ".join(_SENTENCE_END.split(text)[-2:]) for text in openings}))


def has_whole_opening(text: str) -> bool:
    """Return whether the text contains the end of any shipped opening."""
    return any(end in text for end in _opening_ends())


def after_opening(text: str) -> str:
    """Return what follows the last opening in the text; all of it if there is no opening."""
    for end in _opening_ends():
        text = text.rpartition(end)[2]
    return text
