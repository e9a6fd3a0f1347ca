"""What a voice can speak of the platform's words, and how long a text takes to say."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from agent.core.locales import language_of

_CHARACTERS_PER_S = {
    "en": 15.0,
    "es": 16.5,
    "fr": 16.0,
    "de": 15.0,
    "ja": 7.0,
    "zh": 4.5,
    "ko": 6.5,
}
_DEFAULT_CHARACTERS_PER_S = 14.5
_PAUSE_S = 0.25
"""After a sentence."""

_SURELY_SHOUTED = re.compile(r"\b[A-ZÄÖÜÀ-Þ]{6,}\b")
"""Shorter words in capitals are abbreviations, such as `HACCP`."""
_WORD_IN_CAPITALS = re.compile(r"\b[A-ZÄÖÜÀ-Þ]+\b")
_AND = {"en": "and", "es": "y", "fr": "et", "de": "und", "pt": "e", "it": "e", "nl": "en"}
_SPEAKABLE_MAX = 60  # characters
_GENDER_MARK = re.compile(
    r"(?<=[^\W\d_])(?:[*:_/]-?(?=in\b|innen\b)|[*:_](?=innen)|(?:/-?|·)(?:as?|es?)(?:·s)?(?!\w))"
)
"""The mark in `Mitarbeiter*in`, which is spoken as one word, and the ending of `Vendedor/a`."""
_PAUSES = re.compile(r"\s*(?:[,;|]|[:/](?!\d))\s*")
"""Marks that are spoken as a short pause: `Ladders: safe use`."""


@lru_cache(maxsize=1024)
def speakable_value(text: str, locale: str) -> str:
    """Reduce a role, an industry or a training of the platform to a few words to speak."""
    if not text:
        return ""
    text = re.sub(r"\([^()]*\)", " ", text)
    text = re.sub(r"&|(?<=\s)\+(?=\s)", f" {_AND.get(locale.split('-')[0], ' ')} ", text)
    text = _GENDER_MARK.sub("", text)
    text = _PAUSES.sub(", ", re.sub(r"\d{5,}", " ", text))
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" or c in "'-–," else " " for c in text)
    if text.isupper() and _SURELY_SHOUTED.search(text) and " " in text.strip():
        kept = _WORD_IN_CAPITALS.sub(lambda shouted: shouted[0].lower(), kept).strip()
        kept = kept[:1].upper() + kept[1:]
    said: list[str] = []
    for word in kept.split():
        word = _SURELY_SHOUTED.sub(lambda shouted: shouted[0].capitalize(), word.strip("-–'"))
        if sum(map(len, said)) + len(said) + len(word) > _SPEAKABLE_MAX:
            break
        said += [] if has_no_words(word) else [word]
    return " ".join(said).strip(",") or kept.strip()[:_SPEAKABLE_MAX]


def estimate_speech_s(text: str, locale: str) -> float:
    """Estimate the seconds a voice needs; real voices differ by 10 to 20 %."""
    rate = _CHARACTERS_PER_S.get(language_of(locale), _DEFAULT_CHARACTERS_PER_S)
    sentences = len(re.findall(r"[.!?。！？…]+(?=\s|$)", text))
    return len(text) / rate + _PAUSE_S * max(0, sentences - 1)


def has_no_words(text: str) -> bool:
    return not any(c.isalnum() for c in text)
