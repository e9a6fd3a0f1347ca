"""Check one script file: placeholders, questions, voice, and its texts as they are written.

`rendered` checks the texts as trainees hear them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from agent.core.errors import ScriptError
from agent.core.job_metadata import JobMetadata
from agent.core.languages import other_language_of_text
from agent.scripts.checks.rendered import check_rendered
from agent.scripts.checks.wording import (
    doubtful_wording,
    find_invisible_character,
    left_over,
    not_a_name,
    not_a_text,
    speech_problem,
)
from agent.scripts.finding import Finding, Loc, texts_in
from agent.scripts.library import Library, ScriptFile
from agent.scripts.rendering import render_script
from agent.scripts.schema import REQUIRED_TEXTS, Common, Script, SharedTexts
from agent.scripts.script_texts import COMMON_NAMES, NAMES, common_of, shared_text
from agent.scripts.selection import ChosenBy, ScriptSelection, ignored_words
from agent.scripts.templates import template_errors
from agent.scripts.word_forms import normalize_words
from agent.speech.voices import gemini_voice, speaks, spoken_language

_NOT_SPOKEN = {"training_types", "roles", "locales", "voice", "avatar", "poster", "after_closing"}
_NOT_SPOKEN_INSIDE = {"aliases", "id", "type", "only_if"}
_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.S)
_STATEMENT = re.compile(r"\{[%#].*?[%#]\}", re.S)
_SAMPLE = JobMetadata.model_validate(
    {"trainee": {"name": "Alexandra"}, "role": "picker", "industry": "logistics"}
)
_UNKNOWN_TRAINING = "warehouse safety"
"""Training of the sample trainee if the script has no `training`."""


def check_common(file: ScriptFile[Common]) -> list[Finding]:
    found = [
        file.body_finding(line, why) for line, why in template_errors(file.body, COMMON_NAMES, ())
    ]
    for field in SharedTexts.model_fields:
        if source := getattr(file.fields, field):
            templates = [why for _, why in template_errors(source, NAMES, ())]
            problems = [*templates, *_text_problems(source, file.locale, is_name=field == "guide")]
            found += [file.finding((field,), why) for why in problems]
    return found


def check_file(
    library: Library, file: ScriptFile[Script], voices: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """Yield the findings of one script in one locale.

    `voices` has the names in VOICES and the provider's voice of each; None to accept any name.
    """
    script = file.fields
    placeholders = list(_check_templates(file))
    yield from placeholders
    written = list(_check_as_written(file))
    yield from _check_names(file)
    yield from _check_questions(file)
    yield from _check_industries(file, ignored_words(library))
    yield from _check_voice(file, voices)
    common = common_of(library, file.locale)
    missing = [field for field in REQUIRED_TEXTS if not shared_text(file, common, field)]
    for field in missing:
        yield file.finding((field,), f"is missing, and _common has none in {file.locale}")
    yield from _check_persona(file)
    if placeholders or missing:
        yield from written
        return
    sample = _SAMPLE
    if not script.training:
        sample = sample.model_copy(update={"training_type": _UNKNOWN_TRAINING})
    said = {(f.line, f.field, f.message[:12]): f for f in written}
    try:
        for variant in ("", *script.industries):
            by: ChosenBy = "training_type" if script.training else "default"
            selection = ScriptSelection(file, by, "exact", variant)
            for metadata in (JobMetadata(), sample):
                for finding in check_rendered(
                    file, variant, render_script(library, selection, metadata)
                ):
                    # One finding for each text, however many sample trainees have it.
                    said[finding.line, finding.field, finding.message[:12]] = finding
    except ScriptError as e:
        field, _, why = str(e).removeprefix(f"{file.path}: ").partition(": ")
        if str(e).startswith(f"{file.path}: "):
            yield file.finding(tuple(field.split(".")), why)
        else:
            yield file.body_finding(1, f"the instruction, as {common.path.name} has it, {why}")
    yield from said.values()


def spoken_texts(file: ScriptFile[Script]) -> Iterator[tuple[Loc, str]]:
    """Yield every text of a script that a voice speaks or the LLM reads, with its field."""
    for loc, source in texts_in(file.fields.model_dump(exclude=_NOT_SPOKEN, exclude_defaults=True)):
        if not _NOT_SPOKEN_INSIDE.intersection(loc):
            yield loc, source


def aliases_in(script: Script) -> Iterator[tuple[Loc, str]]:
    """Yield every name by which a platform's words are compared with a script."""
    yield from texts_in(script.model_dump(include={"training_types", "roles"}))
    for key, industry in script.industries.items():
        yield from texts_in(industry.aliases, ("industries", key, "aliases"))


def _check_as_written(file: ScriptFile[Script]) -> Iterator[Finding]:
    """Find problems in the texts as written, whether or not a sample trainee hears them."""
    for loc, source in spoken_texts(file):
        is_name = loc in (("training",), ("guide",))
        for why in _text_problems(source, file.locale, is_name=is_name):
            yield file.finding(loc, why)
        if why := doubtful_wording(_plain(source), file.locale):
            yield file.finding(loc, why, "warning")
    if other := _other_language(file.body, file.locale):
        yield file.body_finding(1, other)


def _check_persona(file: ScriptFile[Script]) -> Iterator[Finding]:
    """Check the text below the front matter; only the LLM reads it, so it need not be speakable."""
    if not _STATEMENT.sub("", file.body).strip():
        yield file.body_finding(1, "the persona is missing: write it below the front matter")
    for number, line in enumerate(file.body.split("\n"), start=1):
        if line.rstrip() == "---":
            yield file.body_finding(number, "--- is not allowed below the front matter: remove it")
        if why := left_over(_plain(line)):
            yield file.body_finding(number, why)
        mark = (
            find_invisible_character(line)
            or "".join(c for c in line if c != "\t" and ord(c) < 32)[:1]
        )
        if mark:
            yield file.body_finding(
                number, f"contains the invisible character U+{ord(mark):04X}: type the text again"
            )


def _other_language(source: str, locale: str) -> str:
    other = other_language_of_text(_STATEMENT.sub("", _EXPRESSION.sub("", source)), locale)
    return f"seems to be in {other}, but the file is for {locale}" if other else ""


def _text_problems(source: str, locale: str, *, is_name: bool) -> Iterator[str]:
    value = not_a_name(source) if is_name else not_a_text(source)
    found = (speech_problem(_plain(source), locale), value, _other_language(source, locale))
    yield from filter(None, found)


def _plain(source: str) -> str:
    """Return a template without its statements, and with `x` for each placeholder."""
    return _STATEMENT.sub("", _EXPRESSION.sub("x", source))


def _check_templates(file: ScriptFile[Script]) -> Iterator[Finding]:
    templates = file.fields.model_dump(exclude={"words", "training"}, exclude_defaults=True)
    for loc, source in texts_in(templates):
        names = NAMES - {"ai_disclosure"} if loc[-1] == "ai_disclosure" else NAMES
        for _, why in template_errors(source, names, file.fields.words):
            yield file.finding(loc, why)
    for line, why in template_errors(file.body, NAMES, file.fields.words):
        yield file.body_finding(line, why)
    plain: dict[Loc, str | None] = {("training",): file.fields.training}
    plain |= {("words", id): word for id, word in file.fields.words.items()}
    for loc, text in plain.items():
        if text and "{" in text:
            yield file.finding(loc, "must be plain text, without placeholders")


def _check_questions(file: ScriptFile[Script]) -> Iterator[Finding]:
    seen: set[str] = set()
    for i, question in enumerate(file.fields.questions):
        if question.id in seen:
            yield file.finding(("questions", i, "id"), f"{question.id!r} is given twice")
        seen.add(question.id)
        if question.type == "choice":
            # Compared as answers are: `Sí!` equals `si`.
            words = {id: normalize_words(said) for id, said in question.choices.items()}
            for id, said in question.choices.items():
                loc = ("questions", i, "choices", id)
                if not words[id]:
                    yield file.finding(loc, "has no words")
                elif list(words.values()).count(words[id]) > 1:
                    yield file.finding(loc, f"{said!r} stands for two choices")


def _check_names(file: ScriptFile[Script]) -> Iterator[Finding]:
    for loc, alias in aliases_in(file.fields):
        if why := not_a_name(alias, may_be_code=loc[0] == "training_types"):
            yield file.finding(loc, why)


def _check_industries(file: ScriptFile[Script], ignored: frozenset[str]) -> Iterator[Finding]:
    owner = {normalize_words(key, ignored): key for key in file.fields.industries}
    for key, industry in file.fields.industries.items():
        for i, alias in enumerate(industry.aliases):
            plain = normalize_words(alias, ignored)
            if plain and owner.setdefault(plain, key) != key:
                message = f"{alias!r} already belongs to {owner[plain]}"
                yield file.finding(("industries", key, "aliases", i), message)


def _check_voice(file: ScriptFile[Script], voices: Mapping[str, str] | None) -> Iterator[Finding]:
    name = file.fields.voice
    if name is None:
        return
    model = (voices or {}).get(name, name)
    gemini, language = gemini_voice(model), spoken_language(model)
    unknown = voices is not None and name not in voices and gemini is language is None
    if gemini == "" or unknown:
        why = f"no voice {name!r}: add it to VOICES, or use the name of a provider's voice"
        yield file.finding(("voice",), why)
    if not speaks(model, file.locale):
        why = f"{model} speaks {language}, but the file is for {file.locale}"
        yield file.finding(("voice",), why)
