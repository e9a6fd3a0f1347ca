"""One language of the stand-in's model: the phrases it recognises and the sentences it says."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

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
    patterns: dict[str, str]
    """What trainees say, by intent; and how the system instruction names language and facts."""
    words: dict[str, str]
    """Numbers from 0 to 99, the first to third and last choice, and words that change neither."""
    spans: list[str]
    """Patterns of days, weeks, months and years."""
    topics: dict[str, tuple[str, str]]
    """What trainees ask or say, with the reply. An earlier topic takes precedence."""
    replies: dict[str, str]

    def finds(self, intent: str, text: str) -> re.Match[str] | None:
        return found(self.patterns[intent], text)

    def in_digits(self, text: str) -> str:
        """A plain text with digits for number words."""
        patterns = [pattern.replace("_", " ") for pattern in self.words["numbers"].split()]
        order = sorted(range(len(patterns)), key=lambda n: len(patterns[n]), reverse=True)
        known = "|".join(f"({patterns[n]})" for n in order)
        return re.sub(
            rf"(?<!\w)(?:{known})(?!\w)",
            lambda match: str(order[(match.lastindex or 0) - 1]),
            re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text),
        )

    def content_words(self, text: str) -> list[str]:
        """The words of a text that distinguish choices, without plural endings."""
        kept = [word for word in words(text) if word not in self.words["beside labels"].split()]
        return [word.rstrip("s") if len(word) > 3 else word for word in kept or words(text)]


@cache
def languages() -> dict[str, Language]:
    """Every language by its tag; English first."""
    files = sorted(_FOLDER.glob("*.json"), key=lambda file: file.stem != "en")
    contents = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}
    return {tag: Language(tag=tag, **content) for tag, content in contents.items()}
