"""Problems in the wording of a text: what a voice reads badly, left-overs, stray punctuation."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from agent.core.locales import language_of

_MARKDOWN = frozenset("*_#`~[]|>")
_READ_OUT = frozenset("<>/\\&@%{}•§†‡‰¶")
"""Punctuation in Unicode, but voices read it out or skip it."""
_LINE_START = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s", re.M)
_ADDRESS = re.compile(
    r"https?:|www\.|\S+@\S+|\b[\w-]+\.(?:com|org|net|info|eu|io|de|es|fr|uk)\b"
    r"|\b[^\W\d_]{2,}\.(?-i:[a-z]{2,})\b",
    re.I,
)
_DOTTED = re.compile(
    r"\b(?:[^\W\d_]{1,3}\.[^\W\d_]{1,2}\.|[^\W\d_]\.\s[^\W\d_]{1,2}\.|[A-Z]{2}\.\s[A-Z]{2}\.)"
)
_NUMBER = re.compile(r"\d{5,}|\d[.,:]\d|\d[- ]\d+[- ]\d|\d ?(?:kg|mg|km|cm|mm|ml|mph|lbs?|oz|ft)\b")
_UNSEEN = re.compile(
    "[\u00ad\u034f\u115f\u1160\u180e\u200b\u202a-\u202e\u2060-\u2069\u3164\ufe0e\ufe0f\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Format characters that no language needs; joiners and Arabic marks are needed."""
_DIRECTION = re.compile("[\u061c\u200e\u200f]")
"""Direction marks, which only right-to-left texts need."""
_PILED = re.compile("(?:[\u0300-\u036f\u1dc0-\u1dff\u20d0-\u20ff]){4,}")
_PERHAPS_SHOUTED = re.compile(r"\b[A-ZÄÖÜÀ-Þ]{5,}\b")
"""`NEVER`, but also an abbreviation of five letters: the author decides."""
_ABBREVIATIONS: Final = {
    language: re.compile(rf"\b(?:{words})\.", re.I)
    for language, words in {
        "en": r"etc|vs|approx|e\.?g|i\.?e|dept|min|max|incl",
        "es": r"etc|aprox|ej|Uds?|núm|dpto|máx|mín|tel|tfno|pág",
        "fr": r"etc|ex|env|max|min|resp|tél",
        "de": r"usw|bzw|ca|ggf|inkl|evtl|etc|Nr|Std|max|min|vgl|Abt|Tel|Min|Abs",
    }.items()
}
"""What a voice does not expand. It does expand titles before names: `Sr. López`, `Dr. Weber`."""
_ANY_ABBREVIATION: Final = re.compile(
    r"\b(?:[Tt]el|[Nn]o|[Nn]r|[Ff]ig|[Aa]rt|[Pp]|pp)\. ?(?=\d)"
    r"|\b[^\W\d_]+\.-[^\W\d_]+(?:-[^\W\d_]+)?|\w*\.?[ºª]"
)
_STANDARD: Final = re.compile(r"\b[A-Z]{2,5}(?: [A-Z]{2,5})? \d+(?:[-:]\d+)*\b")
"""`ISO 45001`, which may be said as it is."""
_TIME: Final = re.compile(
    r"\b\d{1,2} ?(?:[ap]m\b|[ap]\. ?m\b)|\b\d+ ?(?:mins?|hrs?|h|secs?|Std|s|l|m|g|°C)\b(?![\'’])"
    r"|\d ?[hH] ?\d|\d ?[-–—] ?\d"
)
"""A time, an amount with a short unit, or a range: `7 am`, `30 min`, `8h30`, `9-5`."""
_GENDERS: Final = re.compile(
    r"\w+\((?:as?|es?|in|innen|s|r|n|ne|euse|rice)\)|\w+[·•․]\w+|\w+[:*_/]-?(?:in|innen|a|as|e|es)\b"
    r"|\b\w*[a-zäöüß]Innen\b"
)
"""Both genders in one word: `Bienvenido(a)`, `employé·e`, `Mitarbeiter:innen`."""
_GENDERS_ES: Final = re.compile(r"\b\w+(?:@|(?<=[b-df-hj-np-tv-z])x)s?(?![\w@.])")
"""`todxs`, `tod@s`"""
_BOTH_FORMS = "contains {!r}; write both forms, or a word for everybody"
_WRITE_OUT = "contains the abbreviation {!r}; write it out"
_BAD_IN: Final = {
    language: [(pattern, _WRITE_OUT)] for language, pattern in _ABBREVIATIONS.items()
} | {"es": [(_GENDERS_ES, _BOTH_FORMS), (_ABBREVIATIONS["es"], _WRITE_OUT)]}
"""What a voice reads badly, by language; `_BAD` is for all."""
_BAD: Final = [
    (_ADDRESS, "contains the address {!r}; remove it, because a voice spells it"),
    (_GENDERS, _BOTH_FORMS),
    (_DOTTED, _WRITE_OUT),
    (_ANY_ABBREVIATION, _WRITE_OUT),
    (re.compile("--"), "contains {!r}; write a comma or a new sentence"),
]
_LEFT_OVER: Final = re.compile(
    r"\b(?:TODO|ToDo|FIXME|TO DO)\b|(?i:\b(?:tbd|tbc|xxx+|lorem ipsum|dolor sit amet)\b)"
    r"|\?{3,}|_{3,}|\[(?:…|\.\.\.)\]|^(?:<{7}|={7}|>{7})",
    re.M,
)
_FOREIGN_PLACEHOLDER: Final = re.compile(
    r"\$?\{\{?\s*[A-Za-z_]+\s*\}?\}|\[[A-Za-z_]+(?: [A-Za-z_]+)?\](?!\()"
    r"|<(?!(?:b|i|u|p|br|em|strong)>)[A-Za-z_]+(?: [A-Za-z_]+)?>|%[A-Za-z_]+%"
    r"|%\([a-z_]+\)s|(?<=\s)%s\b|\$[A-Za-z_]+"
)
"""`{name}`, `[NAME]`, `<name>`, `${name}`, `%name%`: how other tools write a placeholder."""
_STRAY: Final = re.compile(
    r"^\s*[,;:.!?]|[,;:]\s*[,;:.!?]|(?<!\.)\.\s?\.(?!\.)|[.!?]\s*[,;:]|!\s*\.|\?\s*\."
    r"|!\s*!|\?\s*\?|[¡¿]\s*[,;:.!?]|\s,|\s\.(?!\.)|\(\s*\)|\"\s*\"|“\s*”|„\s*“|«\s*»"
    r"|\s['’]s\b|[,:;]\s*$"
)
_STRAY_IN_OTHERS: Final = re.compile(r"\s[;:!?]")
"""French has a space before these marks."""
_WORD_SHOWN: Final = 20  # characters
_AROUND: Final = 12
"""Characters shown on both sides of a stray mark."""


_NOTHING = frozenset(["null", "undefined", "nan", "~"])
_NO_NAMES = _NOTHING | frozenset("none nil n/a yes no on off true false y n".split())
"""YAML 1.2 reads most of these as text, where YAML 1.1 has a value."""
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?|\d\d?[./]\d\d?[./]\d{2,4}")


def find_invisible_character(text: str) -> str:
    """Return the first invisible character, which may change the order of others; else empty."""
    found = _UNSEEN.search(text)
    if not found and not any(
        c.isalpha() and unicodedata.bidirectional(c) in {"R", "AL"} for c in text
    ):
        found = _DIRECTION.search(text)
    return found[0] if found else ""


def speech_problem(text: str, locale: str) -> str:
    """Say why a voice cannot speak the text correctly; empty if it can."""
    if why := left_over(text):
        return why
    if _LINE_START.search(text):
        return "is a list; write sentences, because a voice reads out the marks"
    if mark := find_invisible_character(text):
        return f"contains the invisible character U+{ord(mark):04X}; type the text again"
    if found := _PILED.search(text):
        return f"has too many marks on a letter, the first U+{ord(found[0][0]):04X}; type it again"
    for word in re.findall(r"[^\W\d_]+", text):
        if _has_lookalike_letters(word):
            return f"contains {word!r}, with letters that only look like others; type it again"
    for pattern, why in _BAD_IN.get(language_of(locale), []) + _BAD:
        if found := pattern.search(text):
            return why.format(found[0])
    for c in text:
        kind = unicodedata.category(c)
        if c in _MARKDOWN:
            return f"contains {c!r}: remove markdown, because a voice reads it out"
        # Symbols and emoji are S; of the numbers only plain digits are safe.
        if c in _READ_OUT or kind[0] == "S" or kind in {"Nl", "No", "Me", "Cc", "Co", "Cn"}:
            if not c.isspace():
                word = next(word for word in text.split() if c in word)
                where = f" (in {word[:_WORD_SHOWN]!r})" if word != c else ""
                return f"contains {c!r}{where}, a symbol or emoji; write it in words"
    if found := _TIME.search(text):
        return f"contains {_whole(found)!r}; write times, amounts and ranges in words"
    if found := _NUMBER.search(_STANDARD.sub("x", text)):
        return f"contains the number {_whole(found)!r}; write it in words"
    return ""


def _whole(found: re.Match[str]) -> str:
    """The words that a match is in: `2026-05-01` for the match `6-0`."""
    before = re.search(r"\S*\Z", found.string[: found.start()])
    after = re.match(r"\S*", found.string[found.end() :])
    return f"{before[0] if before else ''}{found[0]}{after[0] if after else ''}".strip(".,;:!?()")


def doubtful_wording(text: str, locale: str) -> str:
    """Say what is probably a mistake in a text as written; empty if nothing is."""
    if " - " in text:
        return (
            "contains ' - ': for a new entry of a list, begin its line in the same column as the"
            " entry before; otherwise write a comma or a new sentence"
        )
    if found := _PERHAPS_SHOUTED.search(text):
        return f"contains {found[0]!r} in capitals; a voice may spell it"
    if language_of(locale) == "es":
        for mark, opening in (("?", "¿"), ("!", "¡")):
            if text.count(mark) > text.count(opening):
                return f"has {mark} without {opening}: a voice needs both"
    return ""


def _has_lookalike_letters(word: str) -> bool:
    """Return whether a word mixes Latin with Cyrillic or Greek, or has mathematical letters."""
    if word.isascii():
        return False
    alphabets = {unicodedata.name(c, "").partition(" ")[0] for c in word}
    drawn = any(unicodedata.decomposition(c).startswith("<font>") for c in word)
    return drawn or len(alphabets & {"LATIN", "CYRILLIC", "GREEK"}) > 1


def left_over(text: str) -> str:
    """Say which note to the writer, or placeholder of another tool, is left; empty if none is."""
    if found := _LEFT_OVER.search(text):
        return f"contains {found[0]!r}, which looks unfinished: write the text, or remove it"
    if found := _FOREIGN_PLACEHOLDER.search(text):
        return f"contains {found[0]!r}: a placeholder is written {{{{ name }}}}"
    return ""


def not_a_text(text: str) -> str:
    """Say if a text is a value that a program wrote for "nothing"; empty if it is not."""
    if text.strip().casefold() in _NOTHING:
        return f"is {text!r}, which a voice would say: write the text, or remove the field"
    return ""


def not_a_name(text: str, *, may_be_code: bool = False) -> str:
    """Say why a text names no training, role, industry or guide; empty if it may.

    With `may_be_code`, it may be only digits: platforms use such ids for trainings.
    """
    if text.strip().casefold() in _NO_NAMES:
        return f"is {text!r}, which is not a name: write the name, or remove it"
    if _DATE.fullmatch(text.strip()) or not (may_be_code or any(map(str.isalpha, text))):
        return f"is {text!r}, a number or a date: write a name"
    return ""


def stray_punctuation(text: str, locale: str) -> str:
    """Return the place of a doubled or orphaned mark, such as `Hello , and`; empty if none is."""
    found = _STRAY.search(text)
    if not found and language_of(locale) != "fr":
        found = _STRAY_IN_OTHERS.search(text)
    if not found:
        return ""
    return text[max(0, found.start() - _AROUND) : found.end() + _AROUND].strip()
