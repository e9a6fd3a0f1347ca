"""Numbers as people say them, in four languages: digits, words up to a hundred, halves."""

from __future__ import annotations

import re
from functools import cache

from agent.demo.interlocutor.wording import plain

_EN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
).split()
_EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ES = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince"
    " dieciseis diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres"
    " veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve"
).split()
_ES_TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_FR = (
    "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
).split()
_FR_TENS = "vingt trente quarante cinquante soixante".split()
_DE = (
    "null eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn"
    " sechzehn siebzehn achtzehn neunzehn"
).split()
_DE_TENS = "zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig".split()
_HALF = {
    "en": r"\b(?:and a half)\b",
    "es": r"\by medi[oa]\b",
    "fr": r"\bet demie?\b",
    "de": r"\b(?:einhalb|und ein halbes)\b",
}
_HALF_ALONE = {
    "en": r"\bhalf an?\b",
    "es": r"\bmedi[oa]\b",
    "fr": r"\b(?:demie?|la moitie)\b",
    "de": r"\bhalbe[sn]?\b",
}


_JUST_ONE = re.compile(
    r"\W*(?:(?:just|only|about|solo|como|environ|a peu pres|nur|etwa|so)\s+)*"
    r"(?:one|un[ao]?|une|eins?|eine[nm]?)\W*"
)
_A_UNIT = re.compile(
    r"\s+(?:and a half\s+|y medi[oa]\s+)?(?:year|month|ano|mes|an\b|mois|jahr|monat)"
)


def number_in(text: str, language: str, *, before: str = "") -> float | int | None:
    """The first number said; None where there is none.

    Args:
        before: only a number right before a word that begins so.
    """
    said = plain(text).replace("-", " ")
    unit = rf"(?=\s+{re.escape(before)})" if before else ""
    half = 0.5 if re.search(_HALF[language], said) else 0.0
    if digits := re.search(rf"\d+(?:[.,]\d+)?{unit}", said):
        found = float(digits[0].replace(",", "."))
    elif (number := _in_words(said, language, unit)) is not None:
        found = float(number)
    elif before:
        return None
    elif language == "de" and (word := re.search(r"\b([a-z]+)einhalb\b", said)):
        stem = _table("de").get("eins" if word[1] == "ein" else word[1])
        if stem is None:
            return None
        found, half = float(stem), 0.5
    elif language == "de" and re.search(r"\banderthalb", said):
        found = 1.5
    elif re.search(_HALF_ALONE[language], said):
        return 0.5
    else:
        return None
    found += half
    return int(found) if found.is_integer() else found


def _in_words(said: str, language: str, unit: str) -> int | None:
    for word in re.finditer(_pattern(language) + unit, said):
        number = _table(language)[word[0]]
        # "The blue one" is no number: one needs its year, or nothing else beside it.
        alone = _JUST_ONE.fullmatch(said) or _A_UNIT.match(said, word.end())
        if number != 1 or alone or "year" in word[0] or "jahr" in word[0]:
            return number
    return None


@cache
def _pattern(language: str) -> str:
    longest = sorted(_table(language), key=len, reverse=True)
    return r"\b(?:" + "|".join(map(re.escape, longest)) + r")\b"


@cache
def _table(language: str) -> dict[str, int]:
    """Every number from nought to a hundred, as it is said, plain and without hyphens."""
    table = {"en": _english, "es": _spanish, "fr": _french, "de": _german}[language]()
    return {word: number for number, forms in table.items() for word in forms}


def _english() -> dict[int, list[str]]:
    table = {n: [word] for n, word in enumerate(_EN)}
    for tens, word in enumerate(_EN_TENS, 2):
        table[tens * 10] = [word]
        for ones in range(1, 10):
            table[tens * 10 + ones] = [f"{word} {_EN[ones]}"]
    table[1] += ["a year", "a single"]
    table[2] += ["a couple"]
    table[12] += ["a dozen"]
    table[100] = ["hundred", "a hundred", "one hundred"]
    return table


def _spanish() -> dict[int, list[str]]:
    table = {n: [word] for n, word in enumerate(_ES)}
    for tens, word in enumerate(_ES_TENS, 3):
        table[tens * 10] = [word]
        for ones in range(1, 10):
            table[tens * 10 + ones] = [f"{word} y {_ES[ones]}"]
    table[1] += ["un", "una"]
    table[21] += ["veintiun"]
    table[100] = ["cien", "ciento"]
    return table


def _french() -> dict[int, list[str]]:
    table = {n: [word] for n, word in enumerate(_FR)}
    table |= {10 + n: [f"dix {_FR[n]}"] for n in (7, 8, 9)}
    for tens, word in enumerate(_FR_TENS, 2):
        table[tens * 10] = [word]
        for ones in range(1, 10):
            joint = f"{word} et un" if ones == 1 else f"{word} {_FR[ones]}"
            table[tens * 10 + ones] = [joint]
    for ones in range(10, 20):
        teen = table[ones][0]
        table[60 + ones] = [f"soixante et {teen}" if ones == 11 else f"soixante {teen}"]
    for ones in range(20):
        table[80 + ones] = [f"quatre vingt {table[ones][0]}"] if ones else ["quatre vingts"]
    table[80] += ["quatre vingt"]
    table[70] += ["septante"]
    table[90] += ["nonante"]
    table[1] += ["une"]
    table[100] = ["cent"]
    return table


def _german() -> dict[int, list[str]]:
    table = {n: [word] for n, word in enumerate(_DE)}
    for tens, word in enumerate(_DE_TENS, 2):
        table[tens * 10] = [word]
        for ones in range(1, 10):
            table[tens * 10 + ones] = [f"{'ein' if ones == 1 else _DE[ones]}und{word}"]
    table[1] += ["ein jahr", "einem jahr", "eine", "einen"]
    table[100] = ["hundert", "einhundert"]
    return table
