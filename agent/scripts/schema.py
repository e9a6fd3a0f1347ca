"""Schema: the fields of script files. `python -m agent prompts schema` writes it as JSON Schema.

Unknown fields are errors: otherwise the text of a misspelled field would silently be missing.
"""

from __future__ import annotations

import json
import math
from datetime import date
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from agent.core.plain_text import one_line

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
"""A template; line breaks in the file become spaces."""
SharedText = Annotated[
    str,
    BeforeValidator(lambda value: "" if value is None else value),
    StringConstraints(strip_whitespace=True, max_length=4000),
    WithJsonSchema({"type": ["string", "null"], "maxLength": 4000}),
]
"""A template that a file may leave out, or leave empty."""
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
LocaleTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"]+$", max_length=2048)]
Alias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")]
Condition = Annotated[object, WithJsonSchema({"type": ["boolean", "number", "string"]})]
"""`Script` checks it against the question that it depends on."""
Value = bool | int | float | str
"""The value of an answer: yes or no, a number, the id of a choice, or text."""

_LARGEST_NUMBER = 2**53 - 1
"""Larger numbers change when they pass through JSON."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class _Question(_Strict):
    """A question. Each type says what it `expects`, and returns the `canonical` value or None."""

    id: Annotated[Id, StringConstraints(max_length=57)]
    """Name of the answer in the outcome; the same in every locale."""
    ask: Text
    """The question as the agent asks it, one sentence."""
    required: bool = False
    """Ask again if the trainee did not answer. The trainee may still decline."""
    only_if: dict[Id, Condition] = {}
    """Ask only if earlier questions have these answers: `{driven_before: true}`."""

    @property
    def condition(self) -> str:
        """`only if driven_before is true`; empty if the question is always asked."""
        conditions = " and ".join(
            f"{id} is {json.dumps(value) if isinstance(value, bool) else value}"
            for id, value in self.only_if.items()
        )
        return f"only if {conditions}" if conditions else ""


class ChoiceQuestion(_Question):
    """A question with a few possible answers; the outcome contains the id of the choice."""

    type: Literal["choice"]
    choices: Annotated[dict[Id, Text], Field(min_length=2)]
    """The id of each choice, and the words for it in this language."""

    @property
    def expects(self) -> str:
        return f"one of {', '.join(self.choices)}"

    def canonical(self, value: object) -> Value | None:
        return value if isinstance(value, str) and value in self.choices else None


class NumberQuestion(_Question):
    """A question answered with a number."""

    type: Literal["number"]
    minimum: Number | None = None
    maximum: Number | None = None
    unit: Text | None = None
    """The unit as it is spoken: `years`."""
    whole: bool = True
    """Whether only whole numbers are accepted."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if None not in (self.minimum, self.maximum) and self.minimum > self.maximum:  # type: ignore[operator]
            raise ValueError("minimum is above maximum")
        if self.whole and None not in (self.minimum, self.maximum):
            if math.ceil(self.minimum) > math.floor(self.maximum):  # type: ignore[arg-type]
                raise ValueError("holds no whole number from minimum to maximum: whole is true")
        return self

    @property
    def bounds(self) -> str:
        """`0 to 60`, `at least 0` or `at most 60`; empty without bounds."""
        low, high = self.minimum, self.maximum
        if low is not None and high is not None:
            return f"{low:g} to {high:g}"
        least, most = "" if low is None else f"at least {low:g}", f"at most {high or 0:g}"
        return least if high is None else most

    @property
    def expects(self) -> str:
        unit = f" of {self.unit}" if self.unit else ""
        before = ", " if None in (self.minimum, self.maximum) else " from "
        bounds = f"{before}{self.bounds}" if self.bounds else ""
        return f"a{' whole' if self.whole else ''} number{unit}{bounds}"

    def canonical(self, value: object) -> Value | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        low = -_LARGEST_NUMBER if self.minimum is None else self.minimum
        high = _LARGEST_NUMBER if self.maximum is None else self.maximum
        if not low <= value <= high:  # not a number compares false
            return None
        if self.whole:
            return int(value) if value == int(value) else None
        return float(value)


class TextQuestion(_Question):
    """A question answered in the trainee's own words."""

    type: Literal["text"]
    max_characters: Annotated[Whole, Field(ge=20, le=2000)] = 500

    @property
    def expects(self) -> str:
        return f"text of 1 to {self.max_characters} characters"

    def canonical(self, value: object) -> Value | None:
        text = one_line(value, self.max_characters + 2)  # longer also after a cut at a space
        has_words = any(c.isalnum() for c in text)
        return text if has_words and len(text) <= self.max_characters else None


class YesNoQuestion(_Question):
    """A question answered with yes or no."""

    type: Literal["yes_no"]

    @property
    def expects(self) -> str:
        return "true or false"

    def canonical(self, value: object) -> Value | None:
        return value if isinstance(value, bool) else None


Question = Annotated[
    ChoiceQuestion | NumberQuestion | TextQuestion | YesNoQuestion, Field(discriminator="type")
]


class Limits(_Strict):
    """Time limits of the greeting, in seconds."""

    max_seconds: Annotated[Whole, Field(ge=60, le=1800)] = 480
    """Longest time from the opening to the end."""
    warn_seconds: Annotated[Whole, Field(ge=10, le=300)] = 60
    """The closing line starts this long before `max_seconds`."""
    idle_seconds: Annotated[Whole, Field(ge=5, le=120)] = 20
    """Silence before the check-in; after the same time again the greeting ends."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.warn_seconds >= self.max_seconds:
            raise ValueError("warn_seconds must be less than max_seconds")
        return self


class Industry(_Strict):
    """Other wording for one industry."""

    aliases: list[Text] = []
    """Names that platforms use for the industry in this language; the key is one, too."""
    words: dict[Id, Text] = {}
    """Replaces entries of the script's `words`."""
    opening: Text | None = None
    """Replaces the script's own."""
    welcome_text: Text | None = None
    """Replaces the script's own."""
    talking_points: list[Text] = []
    """Added to the script's own."""
    facts: list[Text] = []
    """Added to the script's own."""


NO_INDUSTRY: Final = Industry()
"""The script's own wording."""


class SharedTexts(_Strict):
    """Texts that a script may replace; otherwise those of `_common/<locale>.md` are used.

    To add a line for the agent to say, add a field here, and its text to each file of `_common/`.
    """

    guide: SharedText = ""
    """The name of the guide."""
    ai_disclosure: SharedText = ""
    """Words that say an AI speaks; the opening contains them as `{{ ai_disclosure }}`."""
    recording_disclosure: SharedText = ""
    """One sentence that the greeting is recorded, spoken before the last one of the opening."""
    apology: SharedText = ""
    """Spoken if the LLM does not answer, or speech is not recognised."""
    filler: SharedText = ""
    """Spoken if an answer takes long: one to three words. Without it, nothing is said."""
    resume: SharedText = ""
    """Spoken instead of the opening if the trainee has heard it and another agent takes over; the
    open question follows. Without it, the opening is said again."""
    suggest_typing: SharedText = ""
    """Spoken once if speech cannot be understood for a third time, as in a noisy place. Without it,
    nothing is said."""
    check_in: SharedText = ""
    """Spoken after `limits.idle_seconds` of silence."""


SHARED_LINES = tuple(name for name in SharedTexts.model_fields if name != "guide")
"""The shared texts that are said word for word."""
REQUIRED_TEXTS = ("guide", "ai_disclosure", "recording_disclosure", "apology", "check_in")
"""The shared texts that a script must have if `_common` has no file in its language."""


class Script(SharedTexts):
    """The front matter of one script in one locale. Texts are Jinja templates."""

    version: Annotated[Whole, Field(ge=1)]
    """Increase it with every change of a text."""
    reviewed: date | None = None
    """When a person who speaks this language last read the whole file aloud: `2026-11-29`."""
    training: Text | None = None
    """The name of the training as it is spoken in this language."""
    training_types: list[Text] = []
    """Names that platforms use for this training; the folder's name is one, too."""
    roles: list[Text] = []
    """Roles for which the script is used if no script has the training type."""
    locales: Annotated[list[LocaleTag], Field(min_length=1)] | None = None
    """All locales of this script; if not set, those of `_common/`."""
    opening: Text
    """The first words, spoken without the LLM; it ends with one easy question."""
    closing: Text
    """The closing line."""
    welcome_text: Text
    """Shown on the page if there is no voice."""
    talking_points: list[Text] = []
    """What the agent mentions by itself if there is time."""
    facts: list[Text] = []
    """All that the agent may use to answer questions."""
    questions: list[Question] = []
    """What the agent asks, in this order."""
    keyterms: list[Text] = []
    """Names and technical words that speech recognition should know, such as `lockout tagout`."""
    words: dict[Id, Text] = {}
    """Words for `{{ words.id }}` in the texts, which industries may replace."""
    industries: dict[Id, Industry] = {}
    """Other wording by industry; the same keys in every locale."""
    voice: Alias | None = None
    """Name of a voice in VOICES, or a provider's voice; if not set, the voice of the locale."""
    avatar: Alias | None = None
    """Name of an avatar in BEYOND_PRESENCE_AVATARS; if not set, the default avatar."""
    poster: Url | None = None
    """URL of a picture of the guide: the page shows it while there is no video of the avatar."""
    limits: Limits = Limits()
    """Time limits of the greeting."""
    after_closing: Literal["highlight_continue", "continue"] = "highlight_continue"
    """What the page does at the end: highlight the Continue button, or continue by itself."""

    @model_validator(mode="after")
    def _words_are_declared(self) -> Self:
        for name, industry in self.industries.items():
            if extra := sorted(industry.words.keys() - self.words.keys()):
                raise PydanticCustomError(
                    "located",
                    "has no default in the script's `words`",
                    {"loc": ("industries", name, "words", extra[0])},
                )
        return self

    @model_validator(mode="after")
    def _conditions_can_hold(self) -> Self:
        earlier: dict[str, Question] = {}
        for i, question in enumerate(self.questions):
            for id, value in question.only_if.items():
                other, problem = earlier.get(id), ""
                if other is None:
                    problem = "is not the id of an earlier question"
                elif other.type == "text":
                    problem = "is a text question: a condition needs another type"
                elif other.canonical(value) is None:
                    problem = f"must be {other.expects}, as {id} is answered"
                if problem:
                    raise PydanticCustomError(
                        "located",
                        "{problem}",
                        {"loc": ("questions", i, "only_if", id), "problem": problem},
                    )
            earlier[question.id] = question
        return self


class Common(SharedTexts):
    """The front matter of `_common/<locale>.md`: texts that all scripts of a locale share."""

    language: Text
    """The name of the language in that language: `Deutsch`."""
    not_given: Text
    """Used in the LLM's instructions for values that the platform did not send."""
    reviewed: date | None = None
    """When a person who speaks this language last read the whole file aloud: `2026-11-29`."""
    ignored_words: list[Text] = []
    """Words that do not distinguish trainings: `training`, `course`, `the`."""


def json_schema() -> dict[str, Any]:
    """Return the content of `prompts/script.schema.json`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Generated: python -m agent prompts schema",
        **Script.model_json_schema(),
    }
