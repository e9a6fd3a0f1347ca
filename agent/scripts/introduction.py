"""What the page says about a greeting before it begins."""

from __future__ import annotations

import math
from typing import Final

from pydantic import BaseModel, ConfigDict

from agent.scripts.rendered_script import Welcome

_QUESTION_S: Final = 25.0
"""The agent asks, the trainee answers, and the agent takes it up."""
_OWN_QUESTION_S: Final = 20.0
"""One question of the trainee, with its answer."""


class Introduction(BaseModel):
    """Who speaks, and how long it takes."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    guide: str
    """The name by which the script introduces the agent; empty if it has none."""
    poster_url: str
    """A picture of the guide, shown while there is no video; empty if there is none."""
    minutes: int
    """The usual length of the conversation, rounded up."""
    questions: int
    """How many questions the script asks at most."""


def introduction_of(welcome: Welcome, *, poster_url: str) -> Introduction:
    """Return the introduction to a script.

    Args:
        poster_url: used if the script has no picture of its own.
    """
    talk_s = welcome.spoken_s + _QUESTION_S * welcome.question_count + _OWN_QUESTION_S
    return Introduction(
        guide=welcome.guide,
        poster_url=welcome.poster or poster_url,
        minutes=math.ceil(min(talk_s, welcome.limits.max_seconds) / 60),
        questions=welcome.question_count,
    )
