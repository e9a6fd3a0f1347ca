"""Disclosures that every script must contain: an AI speaks, and the greeting is recorded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from agent.core.locales import language_of

DISCLOSURE_MAX_S = 7.0
"""For the recording disclosure; the shipped ones take 4 to 5 s."""

_AI = re.compile(r"\b(?:AI|A\.I\.|IA|KI|(?i:artificial|artificielle|künstliche[nrs]?))\b")
"""In capitals, because `j'ai` is not a disclosure."""
_RECORDED = {
    "en": re.compile(r"\brecord", re.I),
    "es": re.compile(r"\bgrab|\bregistr", re.I),
    "fr": re.compile(r"\benregistr", re.I),
    "de": re.compile(r"auf(?:ge)?(?:zeichn|n[aeio]mm?[et]?n)|mitgeschnitten|mitschn", re.I),
}
_BETWEEN_SENTENCES = re.compile(r"(?:[.!?…؟۔।][\"'»”“’]*\s+|[。！？][」』]*\s*)(?=\S)")


def discloses_ai(text: str, locale: str = "en") -> bool:
    """Return whether the text says that an AI speaks; True for languages not in _RECORDED."""
    return language_of(locale) not in _RECORDED or _AI.search(text) is not None


def ai_disclosure_in(text: str, disclosure: str) -> str:
    """Return the words of a line that say that an AI speaks; empty if there are none.

    They are the script's own `disclosure`, or else the sentence that says it.
    """
    if disclosure and disclosure in text:
        return disclosure
    starts = [0, *(between.end() for between in _BETWEEN_SENTENCES.finditer(text)), len(text)]
    sentences = (text[start:end].strip() for start, end in pairwise(starts))
    return next(filter(_AI.search, sentences), "")


def discloses_recording(text: str, locale: str) -> bool:
    """Return whether the text mentions recording; True for languages not in _RECORDED."""
    said = _RECORDED.get(language_of(locale))
    return said is None or said.search(text) is not None


def insert_recording_disclosure(opening: str, disclosure: str, *, given: Sequence[str]) -> str:
    """Insert the disclosure before the last sentence of the opening, which is the question.

    `given` has texts of the platform, such as `Dr. Ada`; no sentence ends within them.
    """
    plain = opening
    for text in sorted(filter(None, given), key=len, reverse=True):
        plain = plain.replace(text, "x" * len(text))
    ends = [found.end() for found in _BETWEEN_SENTENCES.finditer(plain)]
    at = ends[-1] if ends else 0
    return f"{opening[:at]}{disclosure} {opening[at:]}"
