"""Text as it is compared: small letters, without accents; and cut into words and sentences."""

from __future__ import annotations

import re
import unicodedata


def plain(text: str) -> str:
    """Small letters without accents, one space between, apostrophes straight."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())


def words(text: str) -> list[str]:
    """The words of a text, plain; an apostrophe parts `l'avion` and stays in `don't`."""
    parted = re.sub(r"\b([a-z]|qu)'(?=[a-z]{2})", r"\1 ", plain(text))
    return re.findall(r"[a-z0-9]+(?:'[a-z]+)*", parted)


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its mark."""
    # A space before the mark is French, and a point in 12.5 is no mark.
    return [s for s in re.split(r"(?<=[.!?…])\s+(?![!?])", text.strip()) if s]


def without_question(text: str) -> str:
    """The text without the question it ends with."""
    kept = sentences(text)
    while kept and kept[-1].endswith("?"):
        kept.pop()
    return " ".join(kept)


def alike(one: str, other: str) -> bool:
    """Whether two words are forms of one: `tips` and `tipped`, `freno` and `frenos`."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) < 3:
        return False
    if long.startswith(short) and len(long) - len(short) <= 3:
        return True
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(short))
    return same >= 5 and same >= 0.6 * len(long)
