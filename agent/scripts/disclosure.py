"""Disclosure: that an AI speaks, and that it is recorded. A writer words it, and cannot drop it."""

from __future__ import annotations

import re
from collections.abc import Sequence

DISCLOSURE_MAX_S = 7.0
"""Of the sentence that says it is recorded: ours take four or five."""

_AI = re.compile(r"\b(?:AI|A\.I\.|IA|KI|(?i:artificial|artificielle|künstliche[nrs]?))\b")
"""In capitals: `j'ai` says nothing of it."""
_RECORDED = {
    "en": re.compile(r"\brecord", re.I),
    "es": re.compile(r"\bgrab|\bregistr", re.I),
    "fr": re.compile(r"\benregistr", re.I),
    "de": re.compile(r"auf(?:ge)?(?:zeichn|n[aeio]mm?[et]?n)|mitgeschnitten|mitschn", re.I),
}
_BETWEEN_SENTENCES = re.compile(r"(?:[.!?…؟۔।][\"'»”“’]*\s+|[。！？][」』]*\s*)(?=\S)")


def discloses_ai(text: str, locale: str = "en") -> bool:
    """Whether the words say it; True in a language whose words for it are not known here."""
    return locale.split("-")[0] not in _RECORDED or _AI.search(text) is not None


def discloses_recording(text: str, locale: str) -> bool:
    """The same of recording."""
    said = _RECORDED.get(locale.split("-")[0])
    return said is None or said.search(text) is not None


def insert_recording_disclosure(opening: str, disclosure: str, *, given: Sequence[str]) -> str:
    """The opening with the disclosure before its last sentence, the question; before all of it
    where it is a single one.

    Args:
        given: what the platform wrote (`Dr. Ada`): no sentence ends within it.
    """
    plain = opening
    for text in sorted(filter(None, given), key=len, reverse=True):
        plain = plain.replace(text, "x" * len(text))
    ends = [found.end() for found in _BETWEEN_SENTENCES.finditer(plain)]
    at = ends[-1] if ends else 0
    return f"{opening[:at]}{disclosure} {opening[at:]}"
