"""What a TTS voice can speak, and how long it takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_CHARACTERS_PER_S = {
    "en": 15.0,
    "es": 16.5,
    "fr": 16.0,
    "de": 15.0,
    "ja": 7.0,
    "zh": 4.5,
    "ko": 6.5,
}
_OTHERS_PER_S = 14.5
_PAUSE_S = 0.25
"""After a sentence."""

_MARKDOWN = frozenset("*_#`~[]|>")
_READ_OUT = frozenset("<>/\\&@%{}•§†‡‰¶")
"""Punctuation in Unicode, but voices read it out or skip it."""
_LINE_START = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s", re.M)
_ADDRESS = re.compile(
    r"https?:|www\.|\S+@\S+|\b[\w-]+\.(?:com|org|net|info|eu|io|de|es|fr|uk)\b"
    r"|\b[^\W\d_]{2,}\.(?-i:[a-z]{2,})\b",
    re.I,
)
_DOTTED = re.compile(r"\b[^\W\d_]{1,3}\.\s?[^\W\d_]{1,2}\.")
_NUMBER = re.compile(r"\d{5,}|\d[.,:]\d|\d[- ]\d+[- ]\d|\d ?(?:kg|mg|km|cm|mm|ml|mph)\b")
_UNSEEN = re.compile(
    "[\u00ad\u034f\u115f\u1160\u180e\u200b\u202a-\u202e\u2060-\u2069\u3164\ufe0e\ufe0f\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Format characters that no language needs; joiners and Arabic marks are needed."""
_DIRECTION = re.compile("[\u061c\u200e\u200f]")
"""Direction marks, which only right-to-left texts need."""
_PILED = re.compile("(?:[\u0300-\u036f\u1dc0-\u1dff\u20d0-\u20ff]){4,}")
_SHOUTED = re.compile(r"\b[A-ZÄÖÜÀ-Þ]{5,}\b")
_ABBREVIATIONS: Mapping[str, str] = {
    "en": r"etc|vs|approx|e\.?g|i\.?e|dept|min|max|incl",
    "es": r"etc|aprox|ej|Ud|Uds|Sr|Sra|núm|dpto|máx|mín|tel",
    "fr": r"etc|ex|env|max|min|resp|tél",
    "de": r"usw|bzw|ca|ggf|inkl|evtl|etc|Nr|Std|max|min|vgl|Abt|Tel",
}
_AND = {"en": "and", "es": "y", "fr": "et", "de": "und", "pt": "e", "it": "e", "nl": "en"}
_SAYABLE_MAX = 60  # characters
_MARKS_AFTER = re.compile(r"(?<=[^\W\d_])[*:_/]-?(?=in\b|innen\b)")
"""The mark in `Mitarbeiter*in`, which is spoken as one word."""
_PAUSES = re.compile(r"\s*(?:[,;|]|[:/](?!\d))\s*")
"""Marks that are spoken as a short pause: `Ladders: safe use`."""


def speakable_value(text: str, locale: str) -> str:
    """Reduce a role, an industry or a training of the platform to a few words to speak."""
    text = re.sub(r"\([^()]*\)", " ", text)
    text = text.replace("&", f" {_AND.get(locale.split('-')[0], ' ')} ")
    text = _MARKS_AFTER.sub("", text)
    text = _PAUSES.sub(", ", re.sub(r"\d{5,}", " ", text))
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" or c in "'-–," else " " for c in text)
    said: list[str] = []
    for word in kept.split():
        word = _SHOUTED.sub(lambda shouted: shouted[0].capitalize(), word.strip("-–'"))
        if sum(map(len, said)) + len(said) + len(word) > _SAYABLE_MAX:
            break
        said += [] if has_no_words(word) else [word]
    return " ".join(said).strip(",") or kept.strip()[:_SAYABLE_MAX]


def estimate_speech_s(text: str, locale: str) -> float:
    """Estimate the seconds a voice needs; real voices differ by 10 to 20 %."""
    rate = _CHARACTERS_PER_S.get(locale.split("-")[0], _OTHERS_PER_S)
    sentences = len(re.findall(r"[.!?。！？…]+(?=\s|$)", text))
    return len(text) / rate + _PAUSE_S * max(0, sentences - 1)


def has_no_words(text: str) -> bool:
    """Return whether the text contains no letter and no digit."""
    return not any(c.isalnum() for c in text)


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
    if _LINE_START.search(text):
        return "is a list; write sentences, because a voice reads out the marks"
    if found := _ADDRESS.search(text):
        return f"contains the address {found[0]!r}; remove it, because a voice spells it"
    if mark := find_invisible_character(text):
        return f"contains the invisible character U+{ord(mark):04X}; type the text again"
    if found := _PILED.search(text):
        return f"has too many marks on a letter, the first U+{ord(found[0][0]):04X}; type it again"
    for word in re.findall(r"[^\W\d_]+", text):
        if _has_lookalike_letters(word):
            return f"contains {word!r}, with letters that only look like others; type it again"
    for c in text:
        kind = unicodedata.category(c)
        if c in _MARKDOWN:
            return f"contains {c!r}: remove markdown, because a voice reads it out"
        # Symbols and emoji are S; of the numbers only plain digits are safe.
        if c in _READ_OUT or kind[0] == "S" or kind in {"Nl", "No", "Me", "Cc", "Co", "Cn"}:
            if not c.isspace():
                return f"contains {c!r}, a symbol or emoji; write it in words"
    abbreviations = _ABBREVIATIONS.get(locale.split("-")[0])
    if (found := _DOTTED.search(text)) or (
        abbreviations and (found := re.search(rf"\b(?:{abbreviations})\.", text))
    ):
        return f"contains the abbreviation {found[0]!r}; write it out"
    if found := _NUMBER.search(text):
        return f"contains the number {found[0]!r}; write it in words"
    if found := _SHOUTED.search(text):
        return f"contains {found[0]!r} in capitals; a voice may spell it"
    return ""


def _has_lookalike_letters(word: str) -> bool:
    """Return whether a word mixes Latin with Cyrillic or Greek, or has mathematical letters."""
    if word.isascii():
        return False
    alphabets = {unicodedata.name(c, "").partition(" ")[0] for c in word}
    drawn = any(unicodedata.decomposition(c).startswith("<font>") for c in word)
    return drawn or len(alphabets & {"LATIN", "CYRILLIC", "GREEK"}) > 1
