"""The check of one file: its placeholders, its questions, its voice, and how it sounds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from agent.core.errors import ScriptError
from agent.core.job_metadata import JobMetadata
from agent.scripts.choice import ChosenBy, ScriptChoice, ignored_words, normalised
from agent.scripts.disclosure import DISCLOSURE_MAX_S, says_ai, says_recorded
from agent.scripts.files import Library, Page
from agent.scripts.finding import Finding, Loc
from agent.scripts.format import Common, Script, Shared
from agent.scripts.language import other_language
from agent.scripts.speakable import says_nothing, speech_seconds, unseen, unspeakable
from agent.scripts.spoken import COMMON_NAMES, NAMES, SpokenScript, common_of, shared_text, spoken
from agent.scripts.templates import mistakes
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


def check_common(page: Page[Common]) -> list[Finding]:
    """Findings of one `_common` file."""
    found = [page.body_finding(line, why) for line, why in mistakes(page.body, COMMON_NAMES, ())]
    for field in _SHARED:
        source = getattr(page.fields, field)
        if source is not None:
            found += [page.finding((field,), why) for _, why in mistakes(source, NAMES, ())]
            for why in (_stumbles(source, page.locale), _foreign(source, page.locale)):
                found += [page.finding((field,), why)] if why else []
    return found


def check_page(
    library: Library, page: Page[Script], voices: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """Findings of one script in one locale.

    `voices` maps the environment's names of voices to providers' own; unset: any name may be one.
    """
    script = page.fields
    placeholders = list(_template_mistakes(page))
    yield from placeholders
    written = list(_written(page))
    yield from _doubled_questions(page)
    yield from _doubled_industries(page, ignored_words(library))
    yield from _voice(page, voices)
    common = common_of(library, page.locale)
    needed = [field for field in _SHARED if field not in _NOT_NEEDED]
    missing = [field for field in needed if shared_text(page, common, field) is None]
    for field in missing:
        yield page.finding((field,), f"is missing, and _common has none in {page.locale}")
    yield from _persona(page)
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
            choice = ScriptChoice(page, by, "exact", variant)
            for metadata in (JobMetadata(), sample):
                for finding in _said(page, variant, spoken(library, choice, metadata)):
                    # One finding a text, however many trainees it would meet.
                    said[finding.line, finding.field, finding.message[:12]] = finding
    except ScriptError as e:
        field, _, why = str(e).removeprefix(f"{page.path}: ").partition(": ")
        if str(e).startswith(f"{page.path}: "):
            yield page.finding(tuple(field.split(".")), why)
        else:
            yield page.body_finding(1, f"the instruction, as {common.path.name} has it, {why}")
    yield from said.values()


def _said(page: Page[Script], variant: str, script: SpokenScript) -> Iterator[Finding]:
    """What a voice would stumble over, in the texts as one trainee gets them."""
    industry = page.fields.industries.get(variant)
    for field in (*_SAID, "welcome_text"):
        text = getattr(script, field)
        own = industry is not None and getattr(industry, field, None) is not None
        loc = ("industries", variant, field) if own else (field,)
        if says_nothing(text) and field not in _NOT_NEEDED:
            yield page.finding(loc, "says nothing to a trainee of whom little, or all, is known")
        if why := unspeakable(text, page.locale):
            yield page.finding(loc, why)
        limit = _LIMITS_S.get(field, LINE_MAX_S)
        seconds = speech_seconds(text, page.locale)
        if field in _SAID and seconds > limit:
            message = f"takes about {seconds:.1f} s to say; {limit:.0f} s is the most"
            yield page.finding(loc, message)
    if not says_recorded(script.recording_disclosure, page.locale):
        yield page.finding(("recording_disclosure",), "does not say that it is recorded")
    if not says_ai(script.ai_disclosure, page.locale):
        yield page.finding(("ai_disclosure",), "does not say that it is an AI")
    if script.ai_disclosure not in script.opening and not says_ai(script.opening):
        own = industry is not None and industry.opening is not None
        loc = ("industries", variant, "opening") if own else ("opening",)
        yield page.finding(loc, "does not say that an AI speaks: {{ ai_disclosure }}")
    for i, question in enumerate(script.questions):
        if says_nothing(question.ask):
            yield page.finding(("questions", i, "ask"), "says nothing")
        if speech_seconds(question.ask, page.locale) > LINE_MAX_S:
            message = f"takes more than {LINE_MAX_S:.0f} s to say"
            yield page.finding(("questions", i, "ask"), message)


def said_texts(page: Page[Script]) -> Iterator[tuple[Loc, str]]:
    """Every text of a script that is said or told, with its place."""
    for loc, source in _sources(page.fields.model_dump(exclude=_NOT_SAID), ()):
        if not _NOT_SAID_INSIDE.intersection(loc):
            yield loc, source


def _written(page: Page[Script]) -> Iterator[Finding]:
    """What a voice would stumble over in any text as written, whomever it is meant for."""
    for loc, source in said_texts(page):
        if why := _stumbles(source, page.locale):
            yield page.finding(loc, why)
        if other := _foreign(source, page.locale):
            yield page.finding(loc, other)
    if other := _foreign(page.body, page.locale):
        yield page.body_finding(1, other)


def _persona(page: Page[Script]) -> Iterator[Finding]:
    """What stands below the front matter is read by an LLM alone: it need not be speakable."""
    if not _STATEMENT.sub("", page.body).strip():
        yield page.body_finding(
            1, "the persona is missing: there is no text below the front matter"
        )
    for number, line in enumerate(page.body.split("\n"), start=1):
        if line.rstrip() == "---":
            yield page.body_finding(number, "a second front matter, or its end, is not for scripts")
        mark = unseen(line) or "".join(c for c in line if c != "\t" and ord(c) < 32)[:1]
        if mark:
            yield page.body_finding(number, f"holds the unseen character U+{ord(mark):04X}")


def _foreign(source: str, locale: str) -> str:
    other = other_language(_STATEMENT.sub("", _EXPRESSION.sub("", source)), locale)
    return f"reads like {other}, and this file is {locale}" if other else ""


def _stumbles(source: str, locale: str) -> str:
    return unspeakable(_STATEMENT.sub("", _EXPRESSION.sub("x", source)), locale)


def _template_mistakes(page: Page[Script]) -> Iterator[Finding]:
    for loc, source in _sources(page.fields.model_dump(exclude={"words", "training"}), ()):
        names = NAMES - {"ai_disclosure"} if loc[-1] == "ai_disclosure" else NAMES
        for _, why in mistakes(source, names, page.fields.words):
            yield page.finding(loc, why)
    for line, why in mistakes(page.body, NAMES, page.fields.words):
        yield page.body_finding(line, why)
    plain: dict[Loc, str | None] = {("training",): page.fields.training}
    plain |= {("words", id): word for id, word in page.fields.words.items()}
    for loc, text in plain.items():
        if text and "{" in text:
            yield page.finding(loc, "is plain text, not a template")


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


def _doubled_questions(page: Page[Script]) -> Iterator[Finding]:
    seen: set[str] = set()
    for i, question in enumerate(page.fields.questions):
        if question.id in seen:
            yield page.finding(("questions", i, "id"), f"{question.id!r} is there twice")
        seen.add(question.id)
        if question.type == "choice":
            # As answers are compared: `Sí!` is `si`.
            words = {id: normalised(said) for id, said in question.choices.items()}
            for id, said in question.choices.items():
                loc = ("questions", i, "choices", id)
                if not words[id]:
                    yield page.finding(loc, "says nothing")
                elif list(words.values()).count(words[id]) > 1:
                    yield page.finding(loc, f"{said!r} is said of two choices")


def _doubled_industries(page: Page[Script], ignored: frozenset[str]) -> Iterator[Finding]:
    owner = {normalised(key, ignored): key for key in page.fields.industries}
    for key, industry in page.fields.industries.items():
        for i, alias in enumerate(industry.aliases):
            plain = normalised(alias, ignored)
            if plain and owner.setdefault(plain, key) != key:
                message = f"{alias!r} is {owner[plain]}'s already"
                yield page.finding(("industries", key, "aliases", i), message)


def _voice(page: Page[Script], voices: Mapping[str, str] | None) -> Iterator[Finding]:
    name = page.fields.voice
    if name is None:
        return
    model = (voices or {}).get(name, name)
    language = spoken_language(model)
    unknown = voices is not None and name not in voices and gemini_voice(model) is None
    if gemini_voice(model) == "" or (unknown and language is None):
        yield page.finding(("voice",), f"the environment knows no voice {name!r}")
    if language is not None and language != page.locale.split("-")[0]:
        yield page.finding(("voice",), f"{model} speaks {language}, and this file is {page.locale}")
