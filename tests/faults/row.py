"""A row of the fault matrix, and the promises that hold in every one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["avatar", "voice", "text"]

REFUSED_S = 3.0
"""From joining to the first word where a provider says no."""
HANGS_S = 8.0
"""The same where a provider says nothing, or not enough."""
ANSWER_S = 12.0
"""From a question to the first word of its answer."""
AVATAR_LEFT_S = 2.0
"""How long the avatar may be paid for after the end call."""
SLACK_S = 4.0
"""On top of each promise, for a noisy machine."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fault and what is promised in it."""

    id: str
    """What happens, for people."""
    faults: tuple[str, ...]
    """All in force before the trainee comes."""
    mode: Mode = "avatar"
    """Who speaks first, as the page is told."""
    first_word_s: float = REFUSED_S
    then: Mode | None = None
    """Who speaks at some later moment, before the question; None: the question comes at once."""
    then_s: float = 20.0
    """From the first word to `then`."""
    whole: bool = False
    """The question comes after the opening, and all of the opening has been heard."""
    whole_answer: bool = False
    """The answer goes on to the end of a sentence."""
    spoken: bool = False
    """The question is a recording; said twice where the first one may be lost."""
    apology: bool = False
    """The question may be answered by an apology; asked again without the fault, it is answered."""
    log: str = ""
    """Regex, in any case, of one of the worker's warnings and errors; empty: none is promised."""
    often: bool = True
    """Played in `make test`; False: by `make faults` alone, being much like another row."""
