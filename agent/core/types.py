"""Domain types shared by the conversation, the outcome and the store."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

Mode = Literal["avatar", "voice", "text"]
"""The fallback ladder: the avatar speaks, the agent's own voice speaks, or lines are only shown."""

AnswerStatus = Literal["answered", "declined", "unclear", "open"]


class Record(BaseModel):
    """Base of everything stored as JSON; fields of newer releases are ignored."""

    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)


class Answer(Record):
    """What became of one question."""

    type: Literal["choice", "number", "text", "yes_no"]
    status: AnswerStatus = "open"
    """`open`: it has not come up; `unclear`: asked twice and not understood."""
    value: bool | int | float | str | None = None
    """The choice's id, the number, the words, or true and false; null unless answered."""
    at: datetime | None = None
    """When it was last given or changed."""


class Line(Record):
    """Something that was said."""

    who: Literal["guide", "trainee"]
    at: datetime
    text: str
    """Of an interrupted line, as much as was heard."""
    interrupted: bool = False
    typed: bool = False
