"""Converts what the model passes as an answer into a value of the question's type.

Models write answers in many ways. A value is accepted only if it can mean one thing; anything else
is unclear and is asked again, because a wrong answer in the outcome is worse than none.
"""

from __future__ import annotations

import math
import re
import unicodedata

from agent.scripts import ChoiceQuestion, NumberQuestion, Question, TextQuestion
from agent.scripts.selection import normalize_words

Value = bool | int | float | str

_YES = frozenset(
    "yes yeah yep yup true y sure si claro oui ouais ja jawohl jep doch vrai verdadero wahr".split()
)
_NO = frozenset("no nope nah false n non nein nee faux falso falsch".split())
_WEAK_WORDS = frozenset("sure true claro verdadero vrai wahr false falso faux falsch".split())
"""Words that mean nothing if they are negated or stand beside others, as in `not sure`."""
_NEGATED = frozenset(
    "not t never without nicht kein keine keinen nie ohne pas jamais sans nunca sin".split()
)
_PHRASES = {
    **dict.fromkeys(
        ("of course", "absolutely", "por supuesto", "bien sur", "naturlich", "klar"), True
    ),
    **dict.fromkeys(("not yet", "never", "nunca", "pas encore", "jamais"), False),
    **dict.fromkeys(("noch nicht", "noch nie", "nie", "niemals"), False),
}
_NUMBER = re.compile(r"(?:(?<!\w)[-+])?\d+(?:[.,]\d+)?")
_GROUPED = re.compile(r"(?<![\d.,])[1-9]\d{0,2}([.,' \u00a0\u202f])\d{3}(?:\1\d{3})*(?![.,]?\d)")
"""`1,000`, `1.000.000`, `10 000`."""
_MINUS = re.compile(r"(?<!\w)(?:[\u2212\u2013]|(?:minus|menos|moins)\s+)(?=\d)", re.I)
_NUMBER_WORDS = {
    word: number
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve",
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
        "zero un deux trois quatre cinq six sept huit neuf dix onze douze",
        "null eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf",
    )
    for number, word in enumerate(words.split())
}
_SPANS = {
    word: span
    for span, words in {
        "day": "day days dia dias jour jours tag tage tagen",
        "week": "week weeks semana semanas semaine semaines woche wochen",
        "month": "month months mes meses mois monat monate monaten",
        "year": "year years ano anos an ans annee annees jahr jahre jahren",
    }.items()
    for word in words.split()
}


def parse_answer(question: Question, value: object) -> Value:
    """Convert a value to the question's type.

    Raises:
        ValueError: the value does not fit; the text says what would.
    """
    if isinstance(question, ChoiceQuestion):
        return _choice(question, value)
    if isinstance(question, NumberQuestion):
        return _number(question, value)
    if isinstance(question, TextQuestion):
        return _text(question, value)
    return _yes_no(value)


def _choice(question: ChoiceQuestion, value: object) -> str:
    said = _plain(value)
    words_of = {id: _plain(words) for id, words in question.choices.items()}
    ids = {_plain(id): id for id in question.choices}
    # YAML and models alike may turn an id like `yes` into a truth value.
    for name in (said, {"true": "yes", "false": "no"}.get(said, "")):
        if name in ids:
            return ids[name]
    found = [id for id, words in words_of.items() if words == said != ""]
    if not found:
        found = [id for id, words in words_of.items() if words and f" {words} " in f" {said} "]
        if any(_negated_beside(words_of[id], said) for id in found):
            found = []
    if not found and any(len(word) > 3 for word in said.split()):
        found = [id for id, words in words_of.items() if f" {said} " in f" {words} "]
        if any(_negated_beside(said, words_of[id]) for id in found):
            found = []
    if len(found) == 1:
        return found[0]
    raise ValueError(f"it must be one of {', '.join(question.choices)}")


def _negated_beside(part: str, whole: str) -> bool:
    """True for `not very sure` beside `very sure`, and for `worked` beside `never worked`."""
    return bool(_NEGATED.intersection(f" {whole} ".replace(f" {part} ", " ").split()))


def _yes_no(value: object) -> bool:
    if isinstance(value, bool):
        return value
    said = _plain(value)
    if said in _PHRASES:
        return _PHRASES[said]
    words = set(said.split())
    plainly = words - _WEAK_WORDS
    if words & _NEGATED or plainly & (_YES | _NO):
        words = plainly
    if bool(words & _YES) != bool(words & _NO):
        return bool(words & _YES)
    raise ValueError("it must be true or false")


def _number(question: NumberQuestion, value: object) -> int | float:
    number: float | None = None
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value) if abs(value) < 1e300 else None
    elif isinstance(value, str):
        number = _number_said(question, value[:200])
    low, high = question.minimum, question.maximum
    if number is None or not math.isfinite(number):
        raise ValueError("it must be a number")
    if question.whole:
        number = float(math.floor(number + 0.5))
    if (low is not None and number < low) or (high is not None and number > high):
        span = [f"at least {low:g}" if low is not None else ""]
        span.append(f"at most {high:g}" if high is not None else "")
        raise ValueError(f"it must be {' and '.join(filter(None, span))}")
    return int(number) if question.whole else number


def _number_said(question: NumberQuestion, text: str) -> float | None:
    """The only number in a text; None if there is none or if it is ambiguous.

    Raises:
        ValueError: the text counts another unit, for example months instead of years.
    """
    words = _plain(text).split()
    units = _plain(question.unit or "").split()
    asked_for = {_SPANS[word] for word in units if word in _SPANS}
    if asked_for and {_SPANS[word] for word in words if word in _SPANS} - asked_for:
        raise ValueError(f"it must be a number of {question.unit}")
    text = _MINUS.sub("-", text)
    if any(unicodedata.category(c) == "No" for c in text):
        return None  # ½
    if grouped := _GROUPED.search(text):
        if not question.whole and grouped[1] == "," and grouped[0].count(",") == 1:
            return None  # 1,000 may be a thousand or one
        if question.whole or grouped[1] != "." or grouped[0].count(".") > 1:
            digits = grouped[0].replace(grouped[1], "")
            text = text[: grouped.start()] + digits + text[grouped.end() :]
    if len(found := _NUMBER.findall(text)) == 1:
        return float(found[0].replace(",", "."))
    counted = [word for word in words if word not in units and word not in _SPANS]
    return _NUMBER_WORDS.get(counted[0]) if not found and len(counted) == 1 else None


def _text(question: TextQuestion, value: object) -> str:
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    text = "".join(
        " " if c.isspace() else c
        for c in str(value if plain else "")
        if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    text = " ".join(text.split())[: question.max_characters].strip()
    if not text:
        raise ValueError("it must be the trainee's own words")
    return text


def _plain(value: object) -> str:
    """Normalise as `prompts check` does; empty if there is nothing to read."""
    return normalize_words(str(value)[:500]) if isinstance(value, str | int | float) else ""
