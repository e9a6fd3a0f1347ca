"""What is recorded of a conversation: its mode, its lines and its answers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

Mode = Literal["avatar", "voice", "text"]
"""How the agent speaks: through the avatar, by its own voice, or in text only."""

AnswerStatus = Literal["answered", "declined", "unclear", "open"]


class Record(BaseModel):
    """Base of all models stored as JSON. Unknown fields (of a newer release) are ignored."""

    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)


class Answer(Record):
    """The result of one question."""

    type: Literal["choice", "number", "text", "yes_no"]
    status: AnswerStatus = "open"
    """`open`: not answered yet; `declined`: the trainee does not know or would rather not say;
    `unclear`: in outcomes of earlier releases only."""
    value: bool | int | float | str | None = None
    """The id of the choice, the number, the text, or true or false; null unless answered."""
    at: datetime | None = None
    """When the answer was given or last changed."""


class Line(Record):
    """One line of the conversation."""

    who: Literal["guide", "trainee"]
    at: datetime
    text: str
    """The text as spoken; of an interrupted line, only the part that was played."""
    interrupted: bool = False
    """The trainee interrupted the line."""
    typed: bool = False
    """The trainee typed the line."""
