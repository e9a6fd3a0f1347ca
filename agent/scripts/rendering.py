"""Spoken: a chosen script filled with one trainee, to be said by a voice and read by an LLM."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel, ConfigDict

from agent.core.errors import ScriptError
from agent.core.job_metadata import JobMetadata
from agent.scripts.disclosure import insert_recording_disclosure
from agent.scripts.library import Library, ScriptFile
from agent.scripts.quoted import Quoted
from agent.scripts.schema import Common, Limits, Question, Script
from agent.scripts.selection import DEFAULT_LOCALE, ChosenBy, LocaleBy, ScriptSelection
from agent.scripts.speakable import speakable_value
from agent.scripts.templates import render_template

NAMES = frozenset(
    ["name", "role", "industry", "training_type", "training", "guide", "words", "ai_disclosure"]
)
"""The placeholders of a script's texts."""
COMMON_NAMES = NAMES | {"persona", "language", "not_given", "languages"}
COMMON_NAMES |= {"talking_points", "facts", "questions", "question_lines"}
"""The placeholders of a `_common` text."""
_GIVEN = ("name", "role", "industry", "training_type", "training")
"""What the platform or the trainee wrote."""


class RenderedScript(BaseModel):
    """A script filled with one trainee: final text, ready to be said or read."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str
    """The script's folder."""
    locale: str
    """The file's own tag: what is really spoken."""
    version: int
    locales: tuple[str, ...]
    """All it ships in, this one among them: what a trainee may switch to."""
    chosen_by: ChosenBy
    locale_by: LocaleBy
    industry: str
    """The script's industry whose wording is used; empty: none."""
    reason: str
    """Why this script, for log and outcome; holds nothing the platform or trainee wrote."""

    guide: str
    training: str
    opening: str
    closing: str
    trouble: str
    moment: str
    """Empty where neither the script nor its language has one: then nothing is said."""
    check_in: str
    welcome_text: str
    ai_disclosure: str
    recording_disclosure: str
    opening_recorded: str
    """The opening where the greeting is recorded: it says so."""
    talking_points: tuple[str, ...]
    facts: tuple[str, ...]
    questions: tuple[Question, ...]
    """As written, `ask`, `unit` and the choices' words filled in."""
    instructions: str
    """All the LLM is told: persona, the locale's guard rails, facts, questions."""

    voice: str | None
    """Name of a voice; None: the environment's for `locale`."""
    avatar: str | None
    """Name of an avatar; None: the environment's."""
    limits: Limits
    after_closing: str
    """`highlight_continue` or `continue`"""


def common_of(library: Library, locale: str) -> ScriptFile[Common]:
    """What scripts of this locale share: its own file, its language's, or the default's.

    Raises:
        ScriptError: there is none at all.
    """
    for tag in (locale, locale.split("-")[0], DEFAULT_LOCALE):
        if tag in library.commons:
            return library.commons[tag]
    raise ScriptError(f"{library.root}/_common/{DEFAULT_LOCALE}.md cannot be used")


def shared_text(file: ScriptFile[Script], common: ScriptFile[Common], field: str) -> str | None:
    """A field of `Shared`: the script's own, else the locale's; another language's never."""
    own: str | None = getattr(file.fields, field)
    if own is None and file.locale.split("-")[0] == common.locale.split("-")[0]:
        own = getattr(common.fields, field)
    return own


def render_script(
    library: Library, selection: ScriptSelection, metadata: JobMetadata
) -> RenderedScript:
    """Fill every text of the chosen script with what is known of the trainee.

    Raises:
        ScriptError: a text is no template, uses an unknown name, or is missing.
    """
    file, script = selection.file, selection.file.fields
    common = common_of(library, file.locale)
    variant = script.industries.get(selection.industry)
    known = metadata.training_type if selection.chosen_by != "training_type" else ""
    given = {
        "name": metadata.trainee.name,
        "role": metadata.role,
        "industry": metadata.industry,
        "training_type": metadata.training_type,
        "training": known or script.training or "",
    }
    values: dict[str, object] = {
        **{key: speakable_value(text, file.locale) for key, text in given.items()},
        # These can be spoken as they are.
        "name": metadata.trainee.name,
        "training": speakable_value(known, file.locale) or script.training or "",
        "guide": shared_text(file, common, "guide") or "",
        "words": SimpleNamespace(**script.words | (variant.words if variant else {})),
    }

    def filled(field: str, source: str | None, values: Mapping[str, object]) -> str:
        if source is None:
            raise ScriptError(f"{file.path}: {field}: is neither here nor in {common.path}")
        try:
            # In one line first: Jinja swallows the line's end behind a `{% endif %}`.
            return " ".join(render_template(source.replace("\n", " "), values).split())
        except ValueError as e:
            raise ScriptError(f"{file.path}: {field}: {e}") from e

    def fill(field: str, source: str | None) -> str:
        return filled(field, source, values)

    def fill_shared(field: str) -> str:
        return fill(field, shared_text(file, common, field))

    def fill_varied(field: str) -> str:
        if own := variant and getattr(variant, field):
            return fill(f"industries.{selection.industry}.{field}", own)
        return fill(field, getattr(script, field))

    values["ai_disclosure"] = fill_shared("ai_disclosure")
    opening = fill_varied("opening")
    recording_disclosure = fill_shared("recording_disclosure")
    points = [*script.talking_points, *(variant.talking_points if variant else ())]
    facts = [*script.facts, *(variant.facts if variant else ())]
    # In the instruction each of them stands between double quotes, which it cannot close.
    quoted = values | {key: Quoted(given[key]) for key in _GIVEN}

    def told(values: Mapping[str, object]) -> dict[str, Any]:
        def told_one(field: str, source: str | None) -> str:
            return filled(field, source, values)

        return {
            "talking_points": tuple(told_one("talking_points", text) for text in points),
            "facts": tuple(told_one("facts", text) for text in facts),
            "questions": tuple(_filled(question, told_one) for question in script.questions),
        }

    files = library.scripts.get(file.script, {})
    said = told(values)
    around = told(quoted)
    around["question_lines"] = tuple(format_question(q) for q in around["questions"])
    around["languages"] = tuple(f"{_language(library, tag)} ({tag})" for tag in files)
    return RenderedScript(
        name=file.script,
        locale=file.locale,
        version=script.version,
        locales=tuple(files),
        chosen_by=selection.chosen_by,
        locale_by=selection.locale_by,
        industry=selection.industry,
        reason=selection.reason,
        guide=str(values["guide"]),
        training=str(values["training"]),
        ai_disclosure=str(values["ai_disclosure"]),
        opening=opening,
        closing=fill("closing", script.closing),
        trouble=fill_shared("trouble"),
        moment=fill_shared("moment") if shared_text(file, common, "moment") else "",
        check_in=fill_shared("check_in"),
        welcome_text=fill_varied("welcome_text"),
        recording_disclosure=recording_disclosure,
        opening_recorded=insert_recording_disclosure(
            opening, recording_disclosure, given=[str(values[key]) for key in _GIVEN]
        ),
        **said,
        instructions=_instructions(file, common, quoted | around),
        voice=script.voice,
        avatar=script.avatar,
        limits=script.limits,
        after_closing=script.after_closing,
    )


def format_question(question: Question) -> str:
    """A question as the LLM reads it; the demo's stand-in reads it too.

    `hopes (text): What do you hope for?`
    `years (number): For how long? (years, 0 to 60)`
    `mood (choice): How are you? [calm = calm; nervous = a little nervous]`
    """
    line = f"{question.id} ({question.type}): {question.ask}"
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


def _language(library: Library, tag: str) -> str:
    """A language's own name; its tag, where none of `_common/` says it."""
    common = library.commons.get(tag) or library.commons.get(tag.split("-")[0])
    return common.fields.language if common else tag


def _filled(question: Question, fill: Callable[[str, str | None], str]) -> Question:
    changed: dict[str, Any] = {"ask": fill("questions", question.ask)}
    if question.type == "choice":
        changed["choices"] = {id: fill("choices", t) for id, t in question.choices.items()}
    if question.type == "number" and question.unit:
        changed["unit"] = fill("unit", question.unit)
    return question.model_copy(update=changed)


def _instructions(
    file: ScriptFile[Script], common: ScriptFile[Common], values: dict[str, Any]
) -> str:
    """The locale's text around the script's own."""
    own_language = file.locale.split("-")[0] == common.locale.split("-")[0]
    around = values | {
        "language": common.fields.language if own_language else file.locale,
        "not_given": common.fields.not_given,
    }
    try:
        persona = render_template(file.body, values).strip()
    except ValueError as e:
        raise ScriptError(f"{file.path}: text below the front matter: {e}") from e
    try:
        return render_template(common.body, around | {"persona": persona}).strip()
    except ValueError as e:
        raise ScriptError(f"{common.path}: {e}") from e
