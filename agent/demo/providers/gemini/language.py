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
    """The words and numbers of a text, plain."""
    return re.findall(r"-?\d+(?:[.,]\d+)?|[a-z]+", plain(text))


@dataclass(frozen=True)
class Language:
    """The content of `languages/<tag>.json`; patterns match plain text."""

    tag: str
    patterns: dict[str, str]
    """What trainees mean, by intent; and how the system instruction names language and facts."""
    fillers: str
    """Words that do not change what an answer means."""
    numbers: str
    """Patterns of the numbers from 0 to 99; `_` stands for a space."""
    topics: dict[str, tuple[str, str]]
    """What trainees ask or say, with the reply. An earlier topic takes precedence."""
    replies: dict[str, str]
    """What the stand-in says, by occasion or by the function it has called."""

    def finds(self, intent: str, text: str) -> re.Match[str] | None:
        return found(self.patterns[intent], text)

    def content_words(self, text: str) -> list[str]:
        """The words that distinguish an answer, without plural endings and with digits."""
        patterns = [pattern.replace("_", " ") for pattern in self.numbers.split()]
        longest_first = sorted(range(len(patterns)), key=lambda n: -len(patterns[n]))
        known = "|".join(f"({patterns[n]})" for n in longest_first)
        digits = re.sub(
            rf"(?<!\w)(?:{known})(?!\w)",
            lambda match: str(longest_first[(match.lastindex or 0) - 1]),
            re.sub(r"(?<=[a-z])-(?=[a-z])", " ", plain(text)),
        )
        kept = [word for word in words(digits) if word not in self.fillers.split()]
        return [word.rstrip("s") if len(word) > 2 else word for word in kept or words(digits)]


def found(pattern: str, text: str) -> re.Match[str] | None:
    """The first match of whole words; `text` is plain."""
    return re.search(rf"(?<!\w)(?:{pattern})(?!\w)", text)


@cache
def languages() -> dict[str, Language]:
    """Every language by its tag; English first."""
    files = sorted(_FOLDER.glob("*.json"), key=lambda file: file.stem != "en")
    contents = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}
    return {tag: Language(tag=tag, **content) for tag, content in contents.items()}
