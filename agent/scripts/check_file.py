"""The check of one file: its placeholders, its questions, its voice, and how it sounds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from agent.core.errors import ScriptError
from agent.core.job_metadata import JobMetadata
from agent.scripts.disclosure import DISCLOSURE_MAX_S, discloses_ai, discloses_recording
from agent.scripts.finding import Finding, Loc
from agent.scripts.language_detection import detect_other_language
from agent.scripts.library import Library, ScriptFile
from agent.scripts.rendering import (
    COMMON_NAMES,
    NAMES,
    RenderedScript,
    common_of,
    render_script,
    shared_text,
)
from agent.scripts.schema import Common, Script, Shared
from agent.scripts.selection import ChosenBy, ScriptSelection, ignored_words, normalize_words
from agent.scripts.speakable import (
    estimate_speech_s,
    find_invisible_character,
    has_no_words,
    speech_problem,
)
from agent.scripts.templates import template_errors
from agent.speech.voices import gemini_voice, spoken_language

OPENING_MAX_S = 15.0
"""Ours take twelve; people stop listening to somebody who goes on for longer than this."""
LINE_MAX_S = 20.0
"""Of every other line that is said word for word."""
_LIMITS_S = {"opening": OPENING_MAX_S, "recording_disclosure": DISCLOSURE_MAX_S}

_SAID = (
    *("opening", "closing", "trouble", "moment", "check_in"),
    *("ai_disclosure", "recording_disclosure"),
)
_SHARED = tuple(Shared.model_fields)
_NOT_NEEDED = {"moment"}
_NOT_SAID = {"training_types", "roles", "locales", "voice", "avatar", "after_closing"}
_NOT_SAID_INSIDE = {"aliases", "id", "type"}
_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.S)
_STATEMENT = re.compile(r"\{[%#].*?[%#]\}", re.S)
_SAMPLE = JobMetadata.model_validate(
    {"trainee": {"name": "Alexandra"}, "role": "picker", "industry": "logistics"}
)
_UNKNOWN_TRAINING = "warehouse safety"
"""What the platform says of the sample where a script itself names no training."""


def check_common(file: ScriptFile[Common]) -> list[Finding]:
    """Findings of one `_common` file."""
    found = [
        file.body_finding(line, why) for line, why in template_errors(file.body, COMMON_NAMES, ())
    ]
    for field in _SHARED:
        source = getattr(file.fields, field)
        if source is not None:
            found += [file.finding((field,), why) for _, why in template_errors(source, NAMES, ())]
            for why in (_stumbles(source, file.locale), _foreign(source, file.locale)):
                found += [file.finding((field,), why)] if why else []
    return found


def check_file(
    library: Library, file: ScriptFile[Script], voices: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """Findings of one script in one locale.

    `voices` maps the environment's names of voices to providers' own; unset: any name may be one.
    """
    script = file.fields
    placeholders = list(_template_mistakes(file))
    yield from placeholders
    written = list(_written(file))
    yield from _doubled_questions(file)
    yield from _doubled_industries(file, ignored_words(library))
    yield from _voice(file, voices)
    common = common_of(library, file.locale)
    needed = [field for field in _SHARED if field not in _NOT_NEEDED]
    missing = [field for field in needed if shared_text(file, common, field) is None]
    for field in missing:
        yield file.finding((field,), f"is missing, and _common has none in {file.locale}")
    yield from _persona(file)
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
                for finding in _said(file, variant, render_script(library, selection, metadata)):
                    # One finding a text, however many trainees it would meet.
                    said[finding.line, finding.field, finding.message[:12]] = finding
    except ScriptError as e:
        field, _, why = str(e).removeprefix(f"{file.path}: ").partition(": ")
        if str(e).startswith(f"{file.path}: "):
            yield file.finding(tuple(field.split(".")), why)
        else:
            yield file.body_finding(1, f"the instruction, as {common.path.name} has it, {why}")
    yield from said.values()


def _said(file: ScriptFile[Script], variant: str, script: RenderedScript) -> Iterator[Finding]:
    """What a voice would stumble over, in the texts as one trainee gets them."""
    industry = file.fields.industries.get(variant)
    for field in (*_SAID, "welcome_text"):
        text = getattr(script, field)
        own = industry is not None and getattr(industry, field, None) is not None
        loc = ("industries", variant, field) if own else (field,)
        if has_no_words(text) and field not in _NOT_NEEDED:
            yield file.finding(loc, "says nothing to a trainee of whom little, or all, is known")
        if why := speech_problem(text, file.locale):
            yield file.finding(loc, why)
        limit = _LIMITS_S.get(field, LINE_MAX_S)
        seconds = estimate_speech_s(text, file.locale)
        if field in _SAID and seconds > limit:
            message = f"takes about {seconds:.1f} s to say; {limit:.0f} s is the most"
            yield file.finding(loc, message)
    if not discloses_recording(script.recording_disclosure, file.locale):
        yield file.finding(("recording_disclosure",), "does not say that it is recorded")
    if not discloses_ai(script.ai_disclosure, file.locale):
        yield file.finding(("ai_disclosure",), "does not say that it is an AI")
    if script.ai_disclosure not in script.opening and not discloses_ai(script.opening):
        own = industry is not None and industry.opening is not None
        loc = ("industries", variant, "opening") if own else ("opening",)
        yield file.finding(loc, "does not say that an AI speaks: {{ ai_disclosure }}")
    for i, question in enumerate(script.questions):
        if has_no_words(question.ask):
            yield file.finding(("questions", i, "ask"), "says nothing")
        if estimate_speech_s(question.ask, file.locale) > LINE_MAX_S:
            message = f"takes more than {LINE_MAX_S:.0f} s to say"
            yield file.finding(("questions", i, "ask"), message)


def spoken_texts(file: ScriptFile[Script]) -> Iterator[tuple[Loc, str]]:
    """Every text of a script that is said or told, with its place."""
    for loc, source in _sources(file.fields.model_dump(exclude=_NOT_SAID), ()):
        if not _NOT_SAID_INSIDE.intersection(loc):
            yield loc, source


def _written(file: ScriptFile[Script]) -> Iterator[Finding]:
    """What a voice would stumble over in any text as written, whomever it is meant for."""
    for loc, source in spoken_texts(file):
        if why := _stumbles(source, file.locale):
            yield file.finding(loc, why)
        if other := _foreign(source, file.locale):
            yield file.finding(loc, other)
    if other := _foreign(file.body, file.locale):
        yield file.body_finding(1, other)


def _persona(file: ScriptFile[Script]) -> Iterator[Finding]:
    """What stands below the front matter is read by an LLM alone: it need not be speakable."""
    if not _STATEMENT.sub("", file.body).strip():
        yield file.body_finding(
            1, "the persona is missing: there is no text below the front matter"
        )
    for number, line in enumerate(file.body.split("\n"), start=1):
        if line.rstrip() == "---":
            yield file.body_finding(number, "a second front matter, or its end, is not for scripts")
        mark = (
            find_invisible_character(line)
            or "".join(c for c in line if c != "\t" and ord(c) < 32)[:1]
        )
        if mark:
            yield file.body_finding(number, f"holds the unseen character U+{ord(mark):04X}")


def _foreign(source: str, locale: str) -> str:
    other = detect_other_language(_STATEMENT.sub("", _EXPRESSION.sub("", source)), locale)
    return f"reads like {other}, and this file is {locale}" if other else ""


def _stumbles(source: str, locale: str) -> str:
    return speech_problem(_STATEMENT.sub("", _EXPRESSION.sub("x", source)), locale)


def _template_mistakes(file: ScriptFile[Script]) -> Iterator[Finding]:
    for loc, source in _sources(file.fields.model_dump(exclude={"words", "training"}), ()):
        names = NAMES - {"ai_disclosure"} if loc[-1] == "ai_disclosure" else NAMES
        for _, why in template_errors(source, names, file.fields.words):
            yield file.finding(loc, why)
    for line, why in template_errors(file.body, NAMES, file.fields.words):
        yield file.body_finding(line, why)
    plain: dict[Loc, str | None] = {("training",): file.fields.training}
    plain |= {("words", id): word for id, word in file.fields.words.items()}
    for loc, text in plain.items():
        if text and "{" in text:
            yield file.finding(loc, "is plain text, not a template")


def _sources(value: object, loc: Loc) -> Iterator[tuple[Loc, str]]:
    """Every text in the front matter, with its place."""
    if isinstance(value, str):
        yield loc, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _sources(inner, (*loc, key))
    elif isinstance(value, list | tuple):
        for i, inner in enumerate(value):
            yield from _sources(inner, (*loc, i))


def _doubled_questions(file: ScriptFile[Script]) -> Iterator[Finding]:
    seen: set[str] = set()
    for i, question in enumerate(file.fields.questions):
        if question.id in seen:
            yield file.finding(("questions", i, "id"), f"{question.id!r} is there twice")
        seen.add(question.id)
        if question.type == "choice":
            # As answers are compared: `Sí!` is `si`.
            words = {id: normalize_words(said) for id, said in question.choices.items()}
            for id, said in question.choices.items():
                loc = ("questions", i, "choices", id)
                if not words[id]:
                    yield file.finding(loc, "says nothing")
                elif list(words.values()).count(words[id]) > 1:
                    yield file.finding(loc, f"{said!r} is said of two choices")


def _doubled_industries(file: ScriptFile[Script], ignored: frozenset[str]) -> Iterator[Finding]:
    owner = {normalize_words(key, ignored): key for key in file.fields.industries}
    for key, industry in file.fields.industries.items():
        for i, alias in enumerate(industry.aliases):
            plain = normalize_words(alias, ignored)
            if plain and owner.setdefault(plain, key) != key:
                message = f"{alias!r} is {owner[plain]}'s already"
                yield file.finding(("industries", key, "aliases", i), message)


def _voice(file: ScriptFile[Script], voices: Mapping[str, str] | None) -> Iterator[Finding]:
    name = file.fields.voice
    if name is None:
        return
    model = (voices or {}).get(name, name)
    language = spoken_language(model)
    unknown = voices is not None and name not in voices and gemini_voice(model) is None
    if gemini_voice(model) == "" or (unknown and language is None):
        yield file.finding(("voice",), f"the environment knows no voice {name!r}")
    if language is not None and language != file.locale.split("-")[0]:
        yield file.finding(("voice",), f"{model} speaks {language}, and this file is {file.locale}")
