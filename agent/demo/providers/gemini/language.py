"""One language of the stand-in's model: the phrases it recognises and the sentences it says."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("languages")


def plain(text: str) -> str:
    """Lower case, no accents, straight apostrophes, single spaces."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", plain(text))


def found(pattern: str, text: str) -> re.Match[str] | None:
    """The first match of whole words; `text` is plain."""
    return re.search(rf"(?<!\w)(?:{pattern})(?!\w)", text)


@dataclass(frozen=True)
class Language:
    """The content of `languages/<tag>.json`; patterns match plain text."""

    tag: str
    instruction: str
    """How a system instruction in this language names it."""
    name: str
    """How trainees name this language, in all four."""
    facts: str
    """The headings of the lists the model may answer from."""
    intents: dict[str, str]
    numbers: str
    """The words for 0 to 20."""
    tens: str
    """The words for 30, 40, 50 and 60."""
    topics: list[tuple[str, str]]
    """What trainees ask or say, with the reply; the last is a hello."""
    replies: dict[str, str]

    def number(self, text: str) -> float | int | None:
        """The first number in a plain text, as digits or as a simple word."""
        if digits := re.search(r"\d+(?:[.,]\d+)?", text):
            value = float(digits[0].replace(",", "."))
            return int(value) if value.is_integer() else value
        values = {word: n for n, word in enumerate(self.numbers.split())}
        values |= {word: 10 * n for n, word in enumerate(self.tens.split(), 3)}
        known = "|".join(sorted(values, key=len, reverse=True))
        match = found(rf"({known})(?:[- ](?:et |y )?({known}))?", text)
        if match is None:
            return None
        first, second = values[match[1]], values.get(match[2] or "", 0)
        return first + second if first >= 20 and second < 10 else first


@cache
def languages() -> dict[str, Language]:
    """Every language by its tag; English first."""
    tags = sorted((path.stem for path in _FOLDER.glob("*.json")), key=lambda tag: tag != "en")
    return {tag: _load(tag) for tag in tags}


def _load(tag: str) -> Language:
    content: dict[str, Any] = json.loads((_FOLDER / f"{tag}.json").read_text(encoding="utf-8"))
    return Language(tag=tag, **content)
