"""One row of the fault matrix, and the promises that hold in every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["avatar", "voice", "text"]

REFUSED_S = 3.0
"""From joining to the first word if a provider refuses."""
HANGS_S = 8.0
"""From joining to the first word if a provider does not answer, or not completely."""
ANSWER_S = 12.0
"""From a question after the opening to the first word of its answer."""
AVATAR_LEFT_S = 2.0
"""How long the avatar may stay after the greeting was ended."""
SLACK_S = 4.0
"""Added to each promise by `make faults`, because everything runs on one machine."""
TEST_SLACK_S = 9.0
"""Added by `make test`, which runs other tests at the same time."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fault and what is promised while it lasts."""

    id: str
    """What happens, in words."""
    faults: tuple[str, ...]
    """All of them are active before the trainee joins."""
    mode: Mode = "avatar"
    """The mode of the first word, as the page is told."""
    first_word_s: float = REFUSED_S
    then: Mode | None = None
    """A mode that follows before the question is asked; None: the question comes at once."""
    then_s: float = 20.0
    """From the first word to `then`."""
    avatars: int | None = None
    """How many avatars join; None: not promised."""
    whole: bool = False
    """The whole opening was heard before the question."""
    whole_answer: bool = False
    """The answer ends with a complete sentence."""
    spoken: bool = False
    """The question is a recording; it is repeated once if the first one may be lost, or if
    the agent asks for it again."""
    interrupts: bool = False
    """The question is asked again during its answer."""
    apology: bool = False
    """An apology may replace the answer; asked again without the fault, the agent answers."""
    quiet: str = ""
    """Regex, ignoring case, of warnings and errors that the worker must not log: nothing fails."""
    log: str = ""
    """Regex, ignoring case, of a warning or error of the worker; empty: none is promised."""
