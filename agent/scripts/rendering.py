"""Rendering: the selected script, filled with one trainee's values for the voice and the LLM."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel, ConfigDict

from agent.core.errors import ScriptError
from agent.core.job_metadata import JobMetadata
from agent.scripts.disclosure import insert_recording_disclosure
from agent.scripts.library import Library, ScriptFile
from agent.scripts.schema import Common, Industry, Limits, Question, Script
from agent.scripts.selection import DEFAULT_LOCALE, ChosenBy, LocaleBy, ScriptSelection
from agent.scripts.speakable import speakable_value
from agent.scripts.templates import render_template

NAMES = frozenset(
    ["name", "role", "industry", "training_type", "training", "guide", "words", "ai_disclosure"]
)
"""Placeholders in the texts of a script."""
COMMON_NAMES = NAMES | {"persona", "language", "not_given", "languages"}
COMMON_NAMES |= {"talking_points", "facts", "questions", "question_lines"}
"""Placeholders in the text of a `_common` file."""
_GIVEN = frozenset(["name", "role", "industry", "training_type", "training"])
"""Placeholders whose values the platform or the trainee wrote."""


class RenderedScript(BaseModel):
    """A script filled for one trainee: final texts, ready to be spoken or read."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

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

    guide: str
    poster: str
    """URL of a picture of the guide; empty for POSTER_URL."""
    training: str
    opening: str
    closing: str
    trouble: str
    moment: str
    """Empty if neither the script nor its locale has one; then nothing is said."""
    resume: str
    """Empty if neither the script nor its locale has one; then the opening is said again."""
    suggest_typing: str
    """Empty if neither the script nor its locale has one; then nothing is said."""
    check_in: str
    welcome_text: str
    ai_disclosure: str
    recording_disclosure: str
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


def common_of(library: Library, locale: str) -> ScriptFile[Common]:
    """Return the shared texts for a locale: of the locale, its language, or the default locale.

    Raises:
        ScriptError: none of them exists.
    """
    for tag in (locale, locale.split("-")[0], DEFAULT_LOCALE):
        if tag in library.commons:
            return library.commons[tag]
    raise ScriptError(f"{library.root}/_common/{DEFAULT_LOCALE}.md cannot be used")


def shared_text(file: ScriptFile[Script], common: ScriptFile[Common], field: str) -> str | None:
    """Return a field of `Shared`: the script's own, or the shared one in the same language."""
    own: str | None = getattr(file.fields, field)
    if own is None and file.locale.split("-")[0] == common.locale.split("-")[0]:
        own = getattr(common.fields, field)
    return own


def render_script(
    library: Library, selection: ScriptSelection, metadata: JobMetadata
) -> RenderedScript:
    """Fill every text of the selected script with what is known about the trainee.

    Raises:
        ScriptError: a text is not a valid template, uses an unknown name, or is missing.
    """
    file, script = selection.file, selection.file.fields
    common = common_of(library, file.locale)
    values = _values(selection, common, metadata)
    given, speakable = values.given, values.speakable
    guide = shared_text(file, common, "guide") or ""
    spoken = _Texts(file, common, selection.industry, values.own | speakable, quoted=frozenset())
    told = _Texts(file, common, selection.industry, values.own | given, quoted=_GIVEN)
    locales = tuple(library.scripts.get(file.script, {}))
    opening = spoken.varied("opening")
    recording_disclosure = spoken.shared("recording_disclosure")
    return RenderedScript(
        name=file.script,
        locale=file.locale,
        version=script.version,
        locales=locales,
        chosen_by=selection.chosen_by,
        locale_by=selection.locale_by,
        industry=selection.industry,
        reason=selection.reason,
        guide=guide,
        poster=script.poster or "",
        training=speakable["training"],
        ai_disclosure=spoken.shared("ai_disclosure"),
        opening=opening,
        closing=spoken.fill("closing", script.closing),
        trouble=spoken.shared("trouble"),
        moment=spoken.shared("moment") if shared_text(file, common, "moment") else "",
        resume=spoken.shared("resume") if shared_text(file, common, "resume") else "",
        suggest_typing=(
            spoken.shared("suggest_typing") if shared_text(file, common, "suggest_typing") else ""
        ),
        check_in=spoken.shared("check_in"),
        welcome_text=spoken.varied("welcome_text"),
        recording_disclosure=recording_disclosure,
        opening_recorded=insert_recording_disclosure(
            opening, recording_disclosure, given=list(speakable.values())
        ),
        talking_points=spoken.all_of("talking_points"),
        facts=spoken.all_of("facts"),
        keyterms=tuple(
            filter(None, [given["name"], speakable["training"], guide, *script.keyterms])
        ),
        questions=spoken.questions(),
        instructions=told.instructions(
            languages=tuple(f"{_language(library, tag)} ({tag})" for tag in locales)
        ),
        voice=script.voice,
        avatar=script.avatar,
        limits=script.limits,
        after_closing=script.after_closing,
    )


@dataclass(frozen=True, kw_only=True)
class Welcome:
    """The part of a rendered script that the page shows before the greeting."""

    locale: str
    guide: str
    poster: str
    opening: str
    closing: str
    welcome_text: str
    question_count: int
    limits: Limits


def render_welcome(library: Library, selection: ScriptSelection, metadata: JobMetadata) -> Welcome:
    """Fill what the page shows before the greeting: a small part of `render_script`.

    Raises:
        ScriptError: a text is not a valid template, uses an unknown name, or is missing.
    """
    file, script = selection.file, selection.file.fields
    common = common_of(library, file.locale)
    values = _values(selection, common, metadata)
    texts = _Texts(
        file, common, selection.industry, values.own | values.speakable, quoted=frozenset()
    )
    return Welcome(
        locale=file.locale,
        guide=shared_text(file, common, "guide") or "",
        poster=script.poster or "",
        opening=texts.varied("opening"),
        closing=texts.fill("closing", script.closing),
        welcome_text=texts.varied("welcome_text"),
        question_count=len(script.questions),
        limits=script.limits,
    )


@dataclass(frozen=True)
class _Values:
    """What fills a script's texts."""

    given: dict[str, str]
    """As the platform gave it."""
    speakable: dict[str, str]
    own: dict[str, object]
    """The script's own words."""


def _values(
    selection: ScriptSelection, common: ScriptFile[Common], metadata: JobMetadata
) -> _Values:
    file, script = selection.file, selection.file.fields
    industry = script.industries.get(selection.industry, Industry())
    known_training = metadata.training_type if selection.chosen_by != "training_type" else ""
    given = {
        "name": metadata.trainee.name,
        "role": metadata.role,
        "industry": metadata.industry,
        "training_type": metadata.training_type,
        "training": known_training or script.training or "",
    }
    speakable = {key: speakable_value(text, file.locale) for key, text in given.items()}
    # These two can be spoken as they are.
    speakable["name"] = given["name"]
    speakable["training"] = speakable_value(known_training, file.locale) or script.training or ""
    own: dict[str, object] = {
        "guide": shared_text(file, common, "guide") or "",
        "words": SimpleNamespace(**script.words | industry.words),
    }
    return _Values(given, speakable, own)


class _Texts:
    """The templates of one script file, filled with one set of values.

    Args:
        industry: the key of the industry whose wording is used; empty for none.
        quoted: the values that stand in double quotes in the filled texts.
    """

    def __init__(
        self,
        file: ScriptFile[Script],
        common: ScriptFile[Common],
        industry: str,
        values: Mapping[str, object],
        *,
        quoted: frozenset[str],
    ) -> None:
        self._file, self._common = file, common
        self._industry_key = industry
        self._industry = file.fields.industries.get(industry, Industry())
        self._quoted = quoted
        self._values = dict(values)
        self._values["ai_disclosure"] = self.shared("ai_disclosure")

    def fill(self, field: str, source: str | None) -> str:
        """Fill one template into one line; `field` names it in errors."""
        if source is None:
            raise ScriptError(
                f"{self._file.path}: {field}: is neither here nor in {self._common.path}"
            )
        # Join the lines first: Jinja removes the line break after a `{% endif %}`.
        source = source.replace("\n", " ")
        try:
            return " ".join(render_template(source, self._values, quoted=self._quoted).split())
        except ValueError as e:
            raise ScriptError(f"{self._file.path}: {field}: {e}") from e

    def shared(self, field: str) -> str:
        """Fill a field that a script may leave to `_common`."""
        return self.fill(field, shared_text(self._file, self._common, field))

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
        """Fill the questions, their units and the words of their choices."""
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
        """Fill the locale's instructions with the script's persona, facts and questions."""
        file, common = self._file, self._common
        own_language = file.locale.split("-")[0] == common.locale.split("-")[0]
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
    """Format a question as the LLM and the demo's Gemini stand-in read it.

    `hopes (text): What do you hope for?`
    `years (number): For how long? (years, 0 to 60)`
    `mood (choice): How are you? [calm = calm; nervous = a little nervous]`
    `truck (text; only if driven is true): Which one?`
    """
    line = f"{question.id} ({question.type}{format_condition(question, '; ')}): {question.ask}"
    if question.type == "choice":
        choices = "; ".join(f"{id} = {words}" for id, words in question.choices.items())
        return f"{line} [{choices}]"
    if question.type == "number":
        least, most = question.minimum, question.maximum
        bounds = f"{least or 0:g} to {most or 0:g}"
        if most is None:
            bounds = "" if least is None else f"at least {least:g}"
        elif least is None:
            bounds = f"at most {most:g}"
        if about := ", ".join(part for part in (question.unit, bounds) if part):
            return f"{line} ({about})"
    return line


def format_condition(question: Question, before: str = "") -> str:
    """Format a condition: `only if driven is true`, with `before` in front; empty without one."""
    conditions = " and ".join(
        f"{id} is {json.dumps(value) if isinstance(value, bool) else value}"
        for id, value in question.only_if.items()
    )
    return f"{before}only if {conditions}" if conditions else ""


def _language(library: Library, tag: str) -> str:
    """Return the name of a language in that language, or its tag if `_common/` has no name."""
    common = library.commons.get(tag) or library.commons.get(tag.split("-")[0])
    return common.fields.language if common else tag
