"""Plain text: what platforms and trainees wrote, made fit to be read by an LLM and said by a voice.

A person's name is said aloud to them, and whatever it holds would be the avatar's own words: so it
keeps what a name can be and ends where a sentence begins. It refuses nothing: what is left of an
impossible name is what comes before the impossible, or no name.
"""

from __future__ import annotations

import html
import re
import unicodedata

_NAME_WORDS = 6
_NAME_WORDS_WITHOUT_CAPITALS = 4
_NAME_MAX = 60  # characters
_WORDS_MAX = 120  # characters
_READ_MAX = 600
"""Of what comes in, no more than this is looked at."""

_TITLES = frozenset(
    "mr mrs ms mx dr dra drs prof sr sra srta jr st ste mme mlle hr fr ing dipl mag med habil rev"
    " lic sgt capt lt col".split()
)
"""Words of a name that may end with a period; single letters may too."""
_PARTICLES = frozenset(
    "de da do dos das du del della dello degli dalla di der den dem des van von vom zu zum zur ten"
    " ter te la le lo las los el al ul ud bin bint ibn ben abu y e i og av af und san ap d l o"
    " t s".split()
)
"""Words of a name that are written small although others are not."""
_SHORTENED = frozenset("asst assoc dept mgmt engr tech dipl prof univ admin".split())
_FILLERS = dict.fromkeys(map(ord, "\u034f\u115f\u1160\u3164\uffa0"))
"""Letters and marks that nobody sees."""
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ´＇", "'"))
_ENCLOSED = re.compile(r"<[^<>]*>|\{[^{}]*\}|\([^()]*\)|\[[^\[\]]*\]")
_ADDRESS = re.compile(
    r"\S*(?:://|@|\bwww\.)\S*|\S+\.(?:com|org|net|info|biz|eu|io|app|dev|ai|de|es|fr|uk|us)\b\S*",
    re.I,
)
_NAME_ENDS = re.compile(r"[!?;:…。！？；：|\\#*=~%$<>{}()\[\]—]|(?:^|\s)[-–]+(?=\s|$)")
_BETWEEN_WORDS = re.compile(r"[_/+&,،、・\s]+")
_WORDS_END = re.compile(r"[!?;…。！？；]")


def one_line(value: object, limit: int) -> str:
    """Text on one line, without control and direction marks, cut at `limit`; else empty."""
    if not isinstance(value, str):
        return ""
    text = unicodedata.normalize("NFC", value[: max(limit, _READ_MAX) * 4]).translate(_FILLERS)
    kept = (
        " " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    return " ".join("".join(kept).split())[:limit].strip()


def person_name(value: object) -> str:
    """What somebody can be called: `O'Brien`, `J. R. R. Tolkien`, `Nguyễn Thị Minh Khai`.

    Letters, apostrophes and hyphens inside words, periods after initials and titles. It ends at the
    first mark or word that no name has; six words are the most.
    """
    text = _unescaped(value).translate(_APOSTROPHES)
    for _ in range(3):
        text = _ENCLOSED.sub(" ", text)
    text = _ADDRESS.sub(" ", text)
    text = next((part for part in _NAME_ENDS.split(text) if _letters(part)), "")
    text = unicodedata.normalize("NFKC", "".join(c for c in text if _kind(c) != "S"))
    text = _without_afterthought(text).replace("l·l", "ll").replace("·", " ")
    words: list[str] = []
    for token in _BETWEEN_WORDS.split(text):
        found, ended = _name_words(token)
        for word in found:
            plain = word.strip("'.")
            if word.islower() and plain not in _PARTICLES | _TITLES and _capitals(words):
                return _fitted(words)
            words.append(word)
        if ended:
            break
    return _fitted(words)


def few_words(value: object) -> str:
    """A role, an industry, a training, as it may be read: `Koch/Köchin`, `R&D, level 2`, `C# (IT)`.

    Letters, digits and the marks that job titles have; it ends with its first sentence.
    """
    text = _ADDRESS.sub(" ", _unescaped(value).translate(_APOSTROPHES))
    text = re.sub(r"<[^<>]*>|\{[^{}]*\}+", " ", text)
    text = next((part for part in _WORDS_END.split(text) if any(map(str.isalnum, part))), "")
    text = "".join(c if _kind(c) in "LMN" or c in " &,/-–'.()+#:*_·" else " " for c in text)
    # Marks that start or end nothing: headings, bullets, `SYSTEM:`.
    text = re.sub(r"(?<!\w)[#*:.]+|[*:]+(?!\w)", " ", _few_marks(text))
    for stop in re.finditer(r"(\w+)\. ", text):
        word = stop[1].lower()
        if len(word) > 3 and word not in _SHORTENED:
            text = text[: stop.start() + len(stop[1])]
            break
    return _cut(" ".join(text.split()), _WORDS_MAX).strip(" ,/-–&.")


def _unescaped(value: object) -> str:
    """One line; `O&#x27;Brien` is what platforms make of a name for their pages."""
    return one_line(html.unescape(one_line(value, _READ_MAX)), _READ_MAX)


def _kind(c: str) -> str:
    return unicodedata.category(c)[0]


def _letters(text: str) -> bool:
    return any(_kind(c) == "L" for c in text)


def _capitals(words: list[str]) -> bool:
    return any(word[0].isupper() for word in words)


def _without_afterthought(text: str) -> str:
    """`Lovelace, Ada` is a name; what else follows a comma is not part of one."""
    before, comma, after = text.partition(",")
    told = after.split()
    if not comma or not _letters(before) or (len(told) <= 2 and not any(map(str.islower, told))):
        return text
    return before


def _name_words(token: str) -> tuple[list[str], bool]:
    """The words of one token, and whether a sentence ends with it."""
    *dotted, last = token.split(".")
    words: list[str] = []
    initials = ""
    for part in dotted:
        word = _name_word(part)
        if not word:
            continue
        if len(word) > 1 and word.lower() not in _TITLES:
            return [*words, *([initials] if initials else []), word], True
        if len(word) == 1:
            initials += f"{word}."
        else:
            words.append(f"{word}.")
    if initials:
        words.append(initials)
    if word := _name_word(last):
        words.append(word)
    return words, False


def _name_word(token: str) -> str:
    text = _few_marks("".join(c for c in token if _kind(c) in "LM" or c in "'-–"))
    text = re.sub(r"[-–]+", "-", text).strip("-")
    # An apostrophe stands between letters, or before the Dutch 't.
    text = re.sub(r"(?<![^\W\d_])'+(?!t$)|'+(?![^\W\d_])", "", text)
    return text if _letters(text) else ""


def _few_marks(text: str) -> str:
    """No letter carries more than three marks, as none does in any language."""
    kept: list[str] = []
    for c in text:
        if _kind(c) == "M" and len(kept) > 2 and all(_kind(k) == "M" for k in kept[-3:]):
            continue
        kept.append(c)
    return "".join(kept)


def _fitted(words: list[str]) -> str:
    most = _NAME_WORDS if not all(w.islower() for w in words) else _NAME_WORDS_WITHOUT_CAPITALS
    kept = _cut(" ".join(words[:most]), _NAME_MAX).split()
    while len(kept) > 1 and kept[-1].islower() and kept[-1].strip("'") in _PARTICLES:
        kept.pop()
    return " ".join(kept)


def _cut(text: str, limit: int) -> str:
    """At a word's end, where there is one."""
    if len(text) <= limit:
        return text
    return text[:limit].rpartition(" ")[0] if " " in text[: limit + 1] else text[:limit]
