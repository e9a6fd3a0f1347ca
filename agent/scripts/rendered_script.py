"""A script filled for one trainee, and what the page says about the greeting before it begins."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict

from agent.scripts.schema import Limits, Question, SharedTexts
from agent.scripts.selection import ChosenBy, LocaleBy

_QUESTION_S: Final = 25.0
"""The agent asks, the trainee answers, and the agent takes it up."""
_OWN_QUESTION_S: Final = 20.0
"""One question of the trainee, with its answer."""


class RenderedScript(SharedTexts):
    """A script filled for one trainee: final texts, ready to be spoken or read."""

    name: str
    """The script's folder."""
    locale: str
    """The tag of the script file: the locale that is spoken."""
    version: int
    locales: tuple[str, ...]
    """All locales of the script, this one included; the trainee may switch to any of them."""
    chosen_by: ChosenBy
    locale_by: LocaleBy
    industry: str
    """The script's industry whose wording is used; empty for none."""
    reason: str
    """Why this script was selected, for log and outcome; never text of the platform or trainee."""

    training: str
    opening: str
    closing: str
    welcome_text: str
    opening_recorded: str
    """The opening of a recorded greeting: it contains the recording disclosure."""
    talking_points: tuple[str, ...]
    facts: tuple[str, ...]
    keyterms: tuple[str, ...]
    """Names and words that speech recognition should know; the trainee's name is the first."""
    questions: tuple[Question, ...]
    """With `ask`, `unit` and the words of the choices filled in."""
    instructions: str
    """The LLM's instructions: persona, the locale's guard rails, facts, questions."""

    voice: str | None
    """Name of a voice; None for the one that VOICES gives `locale`."""
    avatar: str | None
    """Name of an avatar; None for BEYOND_PRESENCE_AVATAR_ID."""
    limits: Limits
    after_closing: str
    """`highlight_continue` or `continue`"""


@dataclass(frozen=True, kw_only=True)
class Welcome:
    """The part of a rendered script that the page shows before the greeting."""

    locale: str
    guide: str
    poster: str
    welcome_text: str
    spoken_s: float
    """Estimated duration of the opening and the closing, without the trainee's name."""
    question_count: int
    limits: Limits


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
    """Return the introduction to a script, with its own picture or else `poster_url`."""
    talk_s = welcome.spoken_s + _QUESTION_S * welcome.question_count + _OWN_QUESTION_S
    return Introduction(
        guide=welcome.guide,
        poster_url=welcome.poster or poster_url,
        minutes=math.ceil(min(talk_s, welcome.limits.max_seconds) / 60),
        questions=welcome.question_count,
    )
