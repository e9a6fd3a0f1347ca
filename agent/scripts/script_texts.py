"""The templates of one script file, filled with one trainee's values."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from agent.core.errors import ScriptError
from agent.core.locales import language_of
from agent.scripts.library import Library, ScriptFile
from agent.scripts.schema import NO_INDUSTRY, REQUIRED_TEXTS, Common, Question, Script
from agent.scripts.selection import DEFAULT_LOCALE, ScriptSelection
from agent.scripts.templates import render_template

NAMES = frozenset(
    ["name", "role", "industry", "training_type", "training", "guide", "words", "ai_disclosure"]
)
"""Placeholders in the texts of a script."""
COMMON_NAMES = NAMES | {"persona", "language", "not_given", "languages"}
COMMON_NAMES |= {"talking_points", "facts", "questions", "question_lines"}
"""Placeholders in the text of a `_common` file."""


def common_of(library: Library, locale: str) -> ScriptFile[Common]:
    """Return the shared texts for a locale: of the locale, its language, or the default locale."""
    for tag in (locale, language_of(locale), DEFAULT_LOCALE):
        if tag in library.commons:
            return library.commons[tag]
    raise ScriptError(f"{library.root}/_common/{DEFAULT_LOCALE}.md cannot be used")


def shared_text(file: ScriptFile[Script], common: ScriptFile[Common], field: str) -> str:
    """Return a field of `SharedTexts`: the script's own, or the shared one in the same language."""
    own: str = getattr(file.fields, field)
    if not own and language_of(file.locale) == language_of(common.locale):
        own = getattr(common.fields, field)
    return own


class ScriptTexts:
    """The texts of a script, filled with its own words and the values of one trainee.

    `values` is what the platform gave; those in `quoted` stand in double quotes in the texts.
    """

    def __init__(
        self,
        selection: ScriptSelection,
        common: ScriptFile[Common],
        values: Mapping[str, str],
        *,
        quoted: frozenset[str] = frozenset(),
    ) -> None:
        file, self._common = selection.file, common
        self._file, self._industry_key = file, selection.industry
        self._industry = file.fields.industries.get(selection.industry, NO_INDUSTRY)
        self._quoted = quoted
        words = SimpleNamespace(**file.fields.words | self._industry.words)
        guide = shared_text(file, common, "guide")
        self._values: dict[str, object] = {**values, "guide": guide, "words": words}
        self._values["ai_disclosure"] = self.shared("ai_disclosure")

    def fill(self, field: str, source: str) -> str:
        """Fill one template into one line; `field` names it in errors."""
        # Join the lines first: Jinja removes the line break after a `{% endif %}`.
        source = source.replace("\n", " ")
        try:
            return " ".join(render_template(source, self._values, quoted=self._quoted).split())
        except ValueError as e:
            raise ScriptError(f"{self._file.path}: {field}: {e}") from e

    def shared(self, field: str) -> str:
        """Fill a field that a script may leave to `_common`; empty if both may leave it out."""
        text = shared_text(self._file, self._common, field)
        if not text and field in REQUIRED_TEXTS:
            path = self._common.path
            raise ScriptError(f"{self._file.path}: {field}: is neither here nor in {path}")
        return self.fill(field, text)

    def varied(self, field: str) -> str:
        """Fill a field that an industry may replace."""
        if own := getattr(self._industry, field):
            return self.fill(f"industries.{self._industry_key}.{field}", own)
        return self.fill(field, getattr(self._file.fields, field))

    def all_of(self, field: str) -> tuple[str, ...]:
        """Fill a list to which an industry may add."""
        sources = [*getattr(self._file.fields, field), *getattr(self._industry, field)]
        return tuple(self.fill(field, source) for source in sources)

    def questions(self) -> tuple[Question, ...]:
        return tuple(self._question(question) for question in self._file.fields.questions)

    def _question(self, question: Question) -> Question:
        changed: dict[str, Any] = {"ask": self.fill("questions", question.ask)}
        if question.type == "choice":
            choices = question.choices.items()
            changed["choices"] = {id: self.fill("choices", words) for id, words in choices}
        if question.type == "number" and question.unit:
            changed["unit"] = self.fill("unit", question.unit)
        return question.model_copy(update=changed)

    def instructions(self, *, languages: tuple[str, ...]) -> str:
        file, common = self._file, self._common
        own_language = language_of(file.locale) == language_of(common.locale)
        questions = self.questions()
        values = self._values | {
            "talking_points": self.all_of("talking_points"),
            "facts": self.all_of("facts"),
            "questions": questions,
            "question_lines": tuple(format_question(question) for question in questions),
            "language": common.fields.language if own_language else file.locale,
            "languages": languages,
            "not_given": common.fields.not_given,
        }
        try:
            values["persona"] = render_template(file.body, values, quoted=self._quoted).strip()
        except ValueError as e:
            raise ScriptError(f"{file.path}: text below the front matter: {e}") from e
        try:
            return render_template(common.body, values, quoted=self._quoted).strip()
        except ValueError as e:
            raise ScriptError(f"{common.path}: {e}") from e


def format_question(question: Question) -> str:
    """Format a question as the instructions for the LLM have it.

    `hopes (text): What do you hope for?`
    `years (number): For how long? (years, 0 to 60)`
    `mood (choice): How are you? [calm = calm; nervous = a little nervous]`
    `truck (text; only if driven is true): Which one?`
    """
    condition = f"; {question.condition}" if question.condition else ""
    line = f"{question.id} ({question.type}{condition}): {question.ask}"
    if question.type == "choice":
        choices = "; ".join(f"{id} = {words}" for id, words in question.choices.items())
        return f"{line} [{choices}]"
    if question.type == "number":
        if about := ", ".join(filter(None, (question.unit, question.bounds))):
            return f"{line} ({about})"
    return line
