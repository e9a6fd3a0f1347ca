"""Clean text from the platform and the trainee before the LLM reads it or a voice speaks it.

The agent says the trainee's name aloud, so a hostile "name" could make it say anything. A cleaned
name contains only what names contain and ends before the first sentence. The functions raise no
error: they remove what cannot be part of a name, and the result may be empty.
"""

from __future__ import annotations

import html
import re
import unicodedata

_NAME_WORDS = 6
_NAME_WORDS_WITHOUT_CAPITALS = 4
_NAME_MAX = 60  # characters
_WORDS_MAX = 120  # characters
_READ_MAX = 600  # characters; the rest of an input is ignored

_TITLES = frozenset(
    "mr mrs ms mx dr dra drs prof sr sra srta jr st ste mme mlle hr fr ing dipl mag med habil rev"
    " lic sgt capt lt col".split()
)
"""Words of a name that may end with a period, as single letters may."""
_PARTICLES = frozenset(
    "de da do dos das du del della dello degli dalla di der den dem des van von vom zu zum zur ten"
    " ter te la le lo las los el al ul ud bin bint ibn ben abu y e i og av af und san ap d l o"
    " t s".split()
)
"""Words that are in lower case in a name that is otherwise capitalised."""
_SHORTENED = frozenset("asst assoc dept mgmt engr tech dipl prof univ admin".split())
_FILLERS = dict.fromkeys(map(ord, "\u034f\u115f\u1160\u3164\uffa0"))
"""Letters and marks that are invisible."""
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
    """Return the text on one line, without control and direction characters.

    Args:
        value: anything; the result is empty if it is not a string.
        limit: maximum length in characters.
    """
    if not isinstance(value, str):
        return ""
    text = unicodedata.normalize("NFC", value[: max(limit, _READ_MAX) * 4]).translate(_FILLERS)
    kept = (
        " " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    return " ".join("".join(kept).split())[:limit].strip()


def spoken_name(value: object) -> str:
    """Return a name that is safe to say: `O'Brien`, `J. R. R. Tolkien`, `Nguyễn Thị Minh Khai`.

    A name has letters, apostrophes and hyphens inside words, and periods after initials and titles.
    It ends at the first character or word that names do not contain, and has at most six words.
    """
    text = _unescaped(value).translate(_APOSTROPHES)
    for _ in range(3):
        text = _ENCLOSED.sub(" ", text)
    text = _ADDRESS.sub(" ", text)
    text = next((part for part in _NAME_ENDS.split(text) if _letters(part)), "")
    text = unicodedata.normalize("NFKC", "".join(c for c in text if _kind(c) != "S"))
    text = _drop_text_after_comma(text).replace("l·l", "ll").replace("·", " ")
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


def short_text(value: object) -> str:
    """Return a role, industry or training type: `Koch/Köchin`, `R&D, level 2`, `C# (IT)`.

    It keeps letters, digits and the punctuation of job titles, and ends with the first sentence.
    """
    text = _ADDRESS.sub(" ", _unescaped(value).translate(_APOSTROPHES))
    text = re.sub(r"<[^<>]*>|\{[^{}]*\}+", " ", text)
    text = next((part for part in _WORDS_END.split(text) if any(map(str.isalnum, part))), "")
    text = "".join(c if _kind(c) in "LMN" or c in " &,/-–'.()+#:*_·" else " " for c in text)
    # Remove punctuation outside words: headings, bullets, `SYSTEM:`.
    text = re.sub(r"(?<!\w)[#*:.]+|[*:]+(?!\w)", " ", _few_marks(text))
    for stop in re.finditer(r"(\w+)\. ", text):
        word = stop[1].lower()
        if len(word) > 3 and word not in _SHORTENED:
            text = text[: stop.start() + len(stop[1])]
            break
    return _cut(" ".join(text.split()), _WORDS_MAX).strip(" ,/-–&.")


def _unescaped(value: object) -> str:
    """One line without HTML escapes: platforms may send `O&#x27;Brien`."""
    return one_line(html.unescape(one_line(value, _READ_MAX)), _READ_MAX)


def _kind(c: str) -> str:
    return unicodedata.category(c)[0]


def _letters(text: str) -> bool:
    return any(_kind(c) == "L" for c in text)


def _capitals(words: list[str]) -> bool:
    return any(word[0].isupper() for word in words)


def _drop_text_after_comma(text: str) -> str:
    """Keep `Lovelace, Ada`; drop any other text after a comma."""
    before, comma, after = text.partition(",")
    rest = after.split()
    if not comma or not _letters(before) or (len(rest) <= 2 and not any(map(str.islower, rest))):
        return text
    return before


def _name_words(token: str) -> tuple[list[str], bool]:
    """Return the words of one token, and whether the token ends a sentence."""
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
    # Keep an apostrophe between letters, and in the Dutch 't.
    text = re.sub(r"(?<![^\W\d_])'+(?!t$)|'+(?![^\W\d_])", "", text)
    return text if _letters(text) else ""


def _few_marks(text: str) -> str:
    """Keep at most three combining marks on a letter; no language uses more."""
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
    """Shorten the text to the limit, at the end of a word if possible."""
    if len(text) <= limit:
        return text
    return text[:limit].rpartition(" ")[0] if " " in text[: limit + 1] else text[:limit]
