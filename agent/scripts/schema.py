"""The format: what a script in `prompts/` may hold, as types. `script.schema.json` is made from it.

It knows neither files nor trainees. Unknown fields are errors: a misspelt one would otherwise be
silence in somebody's greeting.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
"""A template; what a voice says of it is one line, however the file is wrapped."""
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
LocaleTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Alias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class _Question(_Strict):
    id: Id
    """Names the answer in the outcome; the same in every locale."""
    ask: Text
    """The question as it is said, one sentence."""
    required: bool = False
    """Asked once more when it was passed over. A trainee may decline all the same."""


class ChoiceQuestion(_Question):
    """One of a few; the outcome holds the choice's id."""

    type: Literal["choice"]
    choices: Annotated[dict[Id, Text], Field(min_length=2)]
    """Each choice's id, and the words for it in this language."""


class NumberQuestion(_Question):
    """A number."""

    type: Literal["number"]
    minimum: Number | None = None
    maximum: Number | None = None
    unit: Text | None = None
    """What is counted, as it is said: `years`."""
    whole: bool = True
    """Fractions are rounded away."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if None not in (self.minimum, self.maximum) and self.minimum > self.maximum:  # type: ignore[operator]
            raise ValueError("minimum is above maximum")
        if self.whole and None not in (self.minimum, self.maximum):
            if math.ceil(self.minimum) > math.floor(self.maximum):  # type: ignore[arg-type]
                raise ValueError("holds no whole number from minimum to maximum: whole is true")
        return self


class TextQuestion(_Question):
    """In the trainee's own words."""

    type: Literal["text"]
    max_characters: Annotated[Whole, Field(ge=20, le=2000)] = 500


class YesNoQuestion(_Question):
    """Yes or no."""

    type: Literal["yes_no"]


Question = Annotated[
    ChoiceQuestion | NumberQuestion | TextQuestion | YesNoQuestion, Field(discriminator="type")
]


class Limits(_Strict):
    """How long the greeting may take, in seconds."""

    max_seconds: Annotated[Whole, Field(ge=60, le=1800)] = 480
    """From the opening's first word to the goodbye, whatever happens."""
    warn_seconds: Annotated[Whole, Field(ge=10, le=300)] = 60
    """This long before `max_seconds` the avatar comes to its closing line."""
    idle_seconds: Annotated[Whole, Field(ge=5, le=120)] = 20
    """Silence after which it checks in; after as much again it closes."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.warn_seconds >= self.max_seconds:
            raise ValueError("warn_seconds must be less than max_seconds")
        return self


class Industry(_Strict):
    """How the wording changes for one industry."""

    aliases: list[Text] = []
    """What platforms call it, in this language; its key is one too."""
    words: dict[Id, Text] = {}
    """Replaces single words of the script's `words`."""
    opening: Text | None = None
    """In place of the script's own."""
    welcome_text: Text | None = None
    """In place of the script's own."""
    talking_points: list[Text] = []
    """In addition to the script's own."""
    facts: list[Text] = []
    """In addition to the script's own."""


class Shared(_Strict):
    """What a script may say in its own way, and otherwise takes from `_common/<locale>.md`."""

    guide: Text | None = None
    """The avatar's name."""
    ai_disclosure: Text | None = None
    """Words that say an AI speaks, for the opening to hold as `{{ ai_disclosure }}`."""
    recording_disclosure: Text | None = None
    """One sentence that says it is recorded, if it is: said before the opening's last sentence."""
    trouble: Text | None = None
    """Said when an answer could not be had."""
    moment: Text | None = None
    """Said where an answer takes long: a word or three."""
    check_in: Text | None = None
    """Said to a trainee who has been silent for `limits.idle_seconds`."""


class Script(Shared):
    """The front matter of one script in one locale. Texts are Jinja templates."""

    version: Annotated[Whole, Field(ge=1)]
    """Raise it with every change that is heard."""
    training: Text | None = None
    """What this training is called when it is said in this language."""
    training_types: list[Text] = []
    """What platforms call this training; the folder's name is one too."""
    roles: list[Text] = []
    """Whose script it is when the training type says nothing."""
    locales: Annotated[list[LocaleTag], Field(min_length=1)] | None = None
    """Every locale this script ships in; where unset, those of `_common/`."""
    opening: Text
    """The first words, said before any LLM is asked: ends with one easy question."""
    closing: Text
    """The last words."""
    welcome_text: Text
    """Read on the page when nobody can speak."""
    talking_points: list[Text] = []
    """What it brings up by itself when there is room for it."""
    facts: list[Text] = []
    """All it may answer from."""
    questions: list[Question] = []
    """What it asks, in this order."""
    words: dict[Id, Text] = {}
    """Words the texts use as `{{ words.id }}`, for industries to replace."""
    industries: dict[Id, Industry] = {}
    """How the wording changes, by industry; the same keys in every locale."""
    voice: Alias | None = None
    """A voice by its name in the environment, or a provider's own; unset: the environment's."""
    avatar: Alias | None = None
    """An avatar by its name in the environment; unset: the environment's."""
    limits: Limits = Limits()
    """How long it may take."""
    after_closing: Literal["highlight_continue", "continue"] = "highlight_continue"
    """What the page does at the end: shows the way on, or takes it."""

    @model_validator(mode="after")
    def _words_are_declared(self) -> Self:
        for name, industry in self.industries.items():
            if extra := sorted(industry.words.keys() - self.words.keys()):
                raise PydanticCustomError(
                    "no_default",
                    "has no default in the script's `words`",
                    {"loc": ("industries", name, "words", extra[0])},
                )
        return self


class Common(Shared):
    """The front matter of `_common/<locale>.md`: what all scripts of a locale share."""

    language: Text
    """The language's own name: `Deutsch`."""
    not_given: Text
    """Stands in the instruction for what the platform did not say."""
    ignored_words: list[Text] = []
    """Words that do not tell one training from another: `training`, `course`, `the`."""


def json_schema() -> dict[str, Any]:
    """What `prompts/script.schema.json` must hold."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Generated: python -m agent prompts schema",
        **Script.model_json_schema(),
    }
