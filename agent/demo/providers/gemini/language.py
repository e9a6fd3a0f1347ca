"""One language of the stand-in's model: the phrases it recognises and the sentences it says."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("languages")


@lru_cache(maxsize=256)
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
    """Patterns of the words for 0 to 99; `_` is a space."""
    spans: list[str]
    """Patterns of days, weeks, months and years."""
    number_words: str
    """Words beside a number that do not make it the number of something else."""
    ordinals: str
    """Patterns of the first, second, third and last choice."""
    little_words: str
    """Words that do not distinguish choices."""
    topics: list[tuple[str, str]]
    """What trainees ask or say, with the reply; the last is a hello."""
    replies: dict[str, str]

    def in_digits(self, text: str) -> str:
        """A plain text with digits for number words."""
        patterns = [pattern.replace("_", " ") for pattern in self.numbers.split()]
        order = sorted(range(len(patterns)), key=lambda n: len(patterns[n]), reverse=True)
        known = "|".join(f"({patterns[n]})" for n in order)
        return re.sub(
            rf"(?<!\w)(?:{known})(?!\w)",
            lambda match: str(order[(match.lastindex or 0) - 1]),
            re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text),
        )

    def content_words(self, text: str) -> list[str]:
        """The words of a text that distinguish choices, without plural endings."""
        kept = [word for word in words(text) if word not in self.little_words.split()]
        return [word.rstrip("s") if len(word) > 3 else word for word in kept or words(text)]


@cache
def languages() -> dict[str, Language]:
    """Every language by its tag; English first."""
    tags = sorted((path.stem for path in _FOLDER.glob("*.json")), key=lambda tag: tag != "en")
    return {tag: _load(tag) for tag in tags}


def _load(tag: str) -> Language:
    content: dict[str, Any] = json.loads((_FOLDER / f"{tag}.json").read_text(encoding="utf-8"))
    return Language(tag=tag, **content)
