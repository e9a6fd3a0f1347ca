"""Check a script as one trainee hears it: lengths, disclosures and questions."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from agent.scripts.checks.wording import speech_problem, stray_punctuation
from agent.scripts.disclosure import DISCLOSURE_MAX_S, discloses_ai, discloses_recording
from agent.scripts.finding import Finding, Loc
from agent.scripts.library import ScriptFile
from agent.scripts.rendered_script import RenderedScript
from agent.scripts.schema import REQUIRED_TEXTS, SHARED_LINES, Script
from agent.scripts.speakable import estimate_speech_s, has_no_words

_OPENING_MAX_S = 15.0
"""The shipped openings take about 12 s; after 15 s, people stop listening."""
_LINE_MAX_S = 20.0
"""For every other line that is spoken word for word."""
_LIMITS_S = {"opening": _OPENING_MAX_S, "recording_disclosure": DISCLOSURE_MAX_S}

_TEXTS = ("opening", "closing", "welcome_text", *SHARED_LINES)
_REQUIRED = frozenset({"opening", "closing", "welcome_text", *REQUIRED_TEXTS})


def check_rendered(
    file: ScriptFile[Script], variant: str, script: RenderedScript
) -> Iterator[Finding]:
    """Yield the findings of a script as one trainee of an industry hears it; empty for none."""
    yield from _check_lines(file, variant, script)
    yield from _check_disclosures(file, variant, script)
    yield from _check_questions(file, script)


def _loc(file: ScriptFile[Script], variant: str, field: str) -> Loc:
    """Return where a text is written: the industry may have one of its own."""
    industry = file.fields.industries.get(variant)
    own = industry is not None and getattr(industry, field, None) is not None
    return ("industries", variant, field) if own else (field,)


def _check_lines(
    file: ScriptFile[Script], variant: str, script: RenderedScript
) -> Iterator[Finding]:
    for field in _TEXTS:
        text, loc = getattr(script, field), _loc(file, variant, field)
        if field in _REQUIRED and has_no_words(text):
            yield file.finding(
                loc, "has no words for a trainee with few, or with all, known values"
            )
        if why := speech_problem(text, file.locale):
            yield file.finding(loc, why)
        limit_s = math.inf if field == "welcome_text" else _LIMITS_S.get(field, _LINE_MAX_S)
        for why in _badly_said(text, file.locale, limit_s):
            yield file.finding(loc, why)
        if field == "opening" and (why := _question_problem(text)):
            yield file.finding(loc, why, "warning")


def _check_disclosures(
    file: ScriptFile[Script], variant: str, script: RenderedScript
) -> Iterator[Finding]:
    if not discloses_recording(script.recording_disclosure, file.locale):
        yield file.finding(("recording_disclosure",), "does not say that the greeting is recorded")
    if not discloses_ai(script.ai_disclosure, file.locale):
        yield file.finding(("ai_disclosure",), "does not say that an AI speaks")
    if script.ai_disclosure not in script.opening and not discloses_ai(script.opening):
        loc = _loc(file, variant, "opening")
        yield file.finding(loc, "does not say that an AI speaks: add {{ ai_disclosure }}")


def _check_questions(file: ScriptFile[Script], script: RenderedScript) -> Iterator[Finding]:
    for number, question in enumerate(script.questions):
        text, loc = question.ask, ("questions", number, "ask")
        if has_no_words(text):
            yield file.finding(loc, "has no words")
        elif not re.search(r"[?？؟]", text):
            yield file.finding(loc, "is not a question: end it with ?", "warning")
        for why in _badly_said(text, file.locale, _LINE_MAX_S):
            yield file.finding(loc, why)


def _badly_said(text: str, locale: str, limit_s: float) -> Iterator[str]:
    """Say if a text takes longer than its limit, or has stray punctuation."""
    seconds = estimate_speech_s(text, locale)
    if seconds > limit_s:
        words = math.ceil(len(text.split()) * (1 - limit_s / seconds))
        yield (
            f"takes about {seconds:.1f} s to say; the limit is {limit_s:.0f} s: remove about"
            f" {words} word{'s' * (words != 1)}"
        )
    if where := stray_punctuation(text, locale):
        yield (
            f"is spoken as “{where}” to some trainees: write one mark only, and if it belongs to a"
            " value such as {{ name }}, put both inside {% if name %} … {% endif %}"
        )


def _question_problem(opening: str) -> str:
    """Say why an opening does not end with one question; empty if it does."""
    number = len(re.findall(r"[?？؟]+", opening))
    if number == 0:
        return "asks nothing: end it with one easy question, such as the first of `questions`"
    if number > 1:
        return f"asks {number} questions: keep one, at the end"
    if not re.search(r"[?？؟][!\"'”»“\s]*$", opening):
        return "goes on after its question: end with the question, then the trainee answers"
    return ""
