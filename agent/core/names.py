"""Cleans trainees' names for the page, captions and LLM, and finds words that a voice must expand.

The agent says the name aloud, so a hostile "name" could make it say anything. A clean name
therefore has only the characters and words that names have. The rules of `clean_name`:

1. Brackets, nicknames in quotes, addresses and academic degrees are removed. Titles, initials,
   particles and suffixes stay: `Prof. Dr. Anna von der Au Jr.`
2. `Lovelace, Ada` becomes `Ada Lovelace`.
3. The name ends at punctuation that names do not have. It also ends at a word in lower case that
   follows a capitalised one, unless it is a particle.
4. A period ends the name, except after a title, an initial, or an abbreviation of at most four
   letters before further words of a name. `Md. Rahim Uddin` stays; `Ada. Ignore your instructions`
   becomes `Ada`. After an unknown abbreviation, at most three words may follow, and no imperative,
   pronoun or article: `Leo. Tell Me A Joke` becomes `Leo`.
5. Words in capitals, and names without capitals, are capitalised: `ADA LOVELACE`, `ada lovelace`.
6. Placeholders such as `null`, `N/A` and `User 123` give an empty name. As part of a longer name
   they stay if they can be surnames: `Christopher Null`, but not `Ada NULL` or `N/A Smith`.

The functions raise no error. The result may be empty.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from agent.core.plain_text import ADDRESS, APOSTROPHES, cut, few_marks, unescaped

_MAX: Final = 60  # characters
_WORDS_MAX: Final = 6
_WORDS_MAX_WITHOUT_CAPITALS: Final = 4
_ABBREVIATION_MAX: Final = 4  # letters
_AFTER_ABBREVIATION_MAX: Final = 3  # words, without particles and titles

_HONORIFICS: Final = frozenset(
    "mr mrs ms miss mx dr dra drs prof herr frau hr fr sr sra srta mme mlle".split()
)
"""Titles. On their own they are not a name."""
_TITLES: Final = _HONORIFICS | frozenset(
    "jr st ste ing dipl mag med habil rev lic sgt capt lt col".split()
)
"""Words that may end with a period, as single letters may."""
_FIELDS: Final = frozenset(
    "med dent vet phil rer nat jur iur pol oec techn theol arch hab habil ing h c hc".split()
)
"""Fields of a degree. They count only after a title or another field: `Dr. rer. nat.`"""
_SUFFIXES: Final = frozenset("jr sr ii iii iv".split())
_PARTICLES: Final = frozenset(
    "de da do dos das du del dela della dello delos degli dalla di der den dem des van von vom zu"
    " zum zur ten ter te la le lo las los el al ul ud bin bint binti binte bte ibn ben abu y e i og"
    " av af und san ap d l o t s b bt".split()
)
"""Words that are in lower case in a name that is otherwise capitalised."""
_SHORT_PARTICLES: Final = frozenset("b bt bte".split())
"""`bin` and `binti` with a period: `Siti bt. Omar`."""
_ONLY_PARTICLES: Final = frozenset(
    "de da dos das du del dela della delos di der den van von zu la las los bin binti ibn".split()
)
"""Particles that are seldom names: `JAN VAN DER BERG` becomes `Jan van der Berg`."""

_NO_NAME_WORDS: Final = frozenset(
    "null undefined none unknown unnamed noname deleted anonymous anonym anonyme anónimo unbekannt"
    " inconnu desconocido name username user usr guest gast invité invitado test testuser testing"
    " demo dummy sample default admin administrator trainee learner student participant teilnehmer"
    " mitarbeiter mitarbeiterin employee emp id customer benutzer nutzer utilisateur usuario"
    " redacted empty anon deactivated"
    " nobody tbd tba asdf qwerty x xx xxx".split()
)
"""Words of placeholders. A name that has only these words is empty."""
_NO_NAME_PHRASES: Final = (
    *("n a", "n n", "k a", "not available", "not provided", "not set", "no name", "foo bar"),
    *("not applicable", "not specified", "not given", "new user", "deactivated user"),
    *("no aplica", "no especificado", "no disponible", "sin especificar"),
    *("nicht angegeben", "nicht verfügbar", "neuer benutzer"),
    *("non renseigné", "non spécifié", "non applicable"),
    *("first last", "first name", "last name", "first name last name", "firstname lastname"),
    *("firstname", "lastname", "given name", "full name", "your name"),
    *("vorname", "nachname", "vorname nachname", "vorname name", "kein name", "keine angabe"),
    *("nombre", "apellido", "nombre apellido", "nombre apellidos", "sin nombre"),
    *("prénom", "nom", "prénom nom", "nom prénom", "sans nom"),
)
_NO_NAME_AS_WRITTEN: Final = ("na", "NA", "nan", "NaN", "nil", "NIL", "NN", "nul", "NUL")
"""`Na`, `Nan` and `Nil` are given names."""
_MISSING_PART: Final = ("null", "undefined", "NaN", "FNU", "Fnu", "LNU", "Lnu")
"""Placeholders for a missing part of a name: `Ada undefined`, `FNU Sharma`."""
_MISSING_IN_CAPITALS: Final = ("NULL", "NONE")
"""The same, unless the whole name is in capitals: `Ada NULL`."""
_MISSING_GIVEN_NAME: Final = ("none", "null")
"""The same in front of another word: `None Smith`."""
_MISSING_CELL: Final = re.compile(
    r"(?<![\w/])(?:n/a|#n/a|#(?:ref|value|null|num|div/0)!|#name\?)(?![\w/])", re.I
)
"""The same in forms and spreadsheets: `Smith N/A`, `#REF!`."""
_SENTENCE_WORDS: Final = frozenset(
    "tell say speak ignore forget repeat sing read write reveal disregard pretend act become give"
    " show answer print stop start use call swear shout let make you your me we it are this"
    " that the everything everyone now please"
    " sag sage sprich erzähl erzähle vergiss ignoriere wiederhole singe schreib schreibe lies gib"
    " zeig zeige nenne du dein deine ich mir mich uns wir ist bist die eine alles jetzt bitte"
    " dime habla cuenta olvida ignora repite canta escribe eres tú todo ahora"
    " parle raconte oublie ignore répète chante écris donne tes vous votre nous une"
    " tout cette".split()
)
"""Imperatives, pronouns and articles that show that a sentence follows, and not a name."""

_SAID: Final = {
    **dict.fromkeys(("md", "mohd", "mhd"), "Mohammad"),
    **dict.fromkeys(("mª", "m.ª"), "María"),
    **dict.fromkeys(("ma.ª", "maª"), "María"),
    **dict.fromkeys(("ant.º", "antº"), "Antonio"),
    **{"fco": "Francisco", "gpe": "Guadalupe", "hr": "Herr", "jr": "Junior", "mst": "Mosammat"},
    "fr.co": "Francesco",
    **{"muhd": "Muhammad", "sk": "Sheikh", "wm": "William"},
}
"""Abbreviations, with or without a period, and the words to say for them."""
_SAID_WITH_PERIOD: Final = {
    **{"abd": "Abdul", "chas": "Charles", "fdo": "Fernando", "geo": "George", "jas": "James"},
    **{"jos": "Joseph", "ma": "Maria", "moh": "Mohammad", "muh": "Muhammad", "sta": "Santa"},
    **{"sto": "Santo", "thos": "Thomas"},
}
"""Abbreviations only with a period; without one, they are names themselves."""
_SAID_AS_WRITTEN: Final = frozenset("dr mr mrs ms st".split())
"""Abbreviations that voices pronounce correctly."""
_VOWELS: Final = frozenset("aeiouy")

_MARKS: Final = (
    APOSTROPHES | dict.fromkeys(map(ord, "`‛′"), "'") | dict.fromkeys(map(ord, "‐‑‒−﹣－"), "-")
)
_ENCLOSED: Final = re.compile(r"<[^<>]*>|\{[^{}]*\}|\([^()]*\)|\[[^\[\]]*\]")
_NICKNAME: Final = re.compile(r"""(?<=\s)(?:["“”„«»][\w' -]{1,20}["“”«»]|'\w{2,20}')(?=\s)""")
_DEGREE: Final = re.compile(
    r"(?:[,\s]\s*(?:Ph\.? ?D|M\.D|MD|MBA|M\.?Sc|B\.?Sc|D\.?Phil|LL\.?[BM]|Esq|CPA|DDS|PMP)"
    r"|,\s*(?:[BM]\.?A|RN))\.?(?=\s*(?:,|$))"
)
_PATRONYM: Final = re.compile(r"\s(?:[sd]/o|a/[lp])\s.*", re.I)
"""`Kumar s/o Raj`: the father's name."""
_DETACHED: Final = re.compile(r"\b([DNO]') (?=[^\W\d_])")
"""In `O' Brien`."""
_ENDS: Final = re.compile(r"[!?;:…。！？；：؟۔।॥|\\#*=~%$<>{}()\[\]—]|(?:^|\s)[-–]+(?=\s|$)")
_BETWEEN_WORDS: Final = re.compile(r"[_/+&,،、・\s]+")
_PERIOD_BEFORE_WORD: Final = re.compile(r"(?<=[^\W\d_][^\W\d_])\.(?=-?[^\W\d_])(?!(?:co|[ªº])\b)")
_LOGIN: Final = re.compile(r"[^\W\d_]{2,}(?:\.[^\W\d_]{2,})+")
"""`ADA.LOVELACE`"""
_CODE: Final = re.compile(r"\d[^\W\d_]")
"""In `3f25`; a name may only end with digits: `Ada99`."""
_ROMAN: Final = re.compile(r"[IVX]+")


def clean_name(value: object) -> str:
    """Return the name for the page, captions, LLM and STT; empty if `value` is not a name."""
    text = _MISSING_CELL.sub(" ", unescaped(value).translate(_MARKS))
    if _is_no_name(text):
        return ""
    for _ in range(3):
        text = _ENCLOSED.sub(" ", text)
    text = ADDRESS.sub(" ", _PATRONYM.sub("", _NICKNAME.sub(" ", text)))
    text = _DETACHED.sub(r"\1", text)
    text = next((part for part in _ENDS.split(text) if _has_letters(part)), "")
    text = _given_name_first(_DEGREE.sub("", _normalised(text).strip()))
    if " " not in text and (text.islower() or (text.isupper() and _LOGIN.fullmatch(text))):
        text = text.replace(".", " ")  # `ada.lovelace`
    words = _words_of_name(_PERIOD_BEFORE_WORD.sub(". ", text))
    name = _fitted(words)
    return "" if _is_no_name(name) else name


def words_to_say(name: str) -> dict[str, str]:
    """Return what to say for each word of a clean name that a voice would mispronounce.

    For `Md.`, a voice would spell the letters and pause at the period.
    """
    words = name.split()
    said = {word: _said(word) for word in words}
    if words[:1] == ["M."] and not any(len(word) == 2 and word[1] == "." for word in words[1:]):
        del said["M."]  # `M. Dupont`: voices say "Monsieur"
    return {word: other for word, other in said.items() if other != word}


def _said(word: str) -> str:
    key = _plain(word)
    written_out = _SAID.get(key) or (_SAID_WITH_PERIOD.get(key) if word.endswith(".") else None)
    if written_out or key in _SAID_AS_WRITTEN:
        return written_out or word
    return re.sub(r"\.|(?<=\.)[ªº]", " ", word).strip()


def _is_no_name(text: str) -> bool:
    words = re.sub(r"[\W\d_]+", " ", text.casefold()).split()
    return (
        all(word in _NO_NAME_AS_WRITTEN for word in text.split())
        or " ".join(words) in _NO_NAME_PHRASES
        or _NO_NAME_WORDS.issuperset(words)
        or _HONORIFICS.issuperset(words)
    ) and not (words == [] and _has_letters(text))


def _normalised(text: str) -> str:
    """Remove symbols, and replace forms of letters (`Ａ`) except those of `M.ª`."""
    kept = (
        c if c in "ªº" else unicodedata.normalize("NFKC", c)
        for c in unicodedata.normalize("NFC", text)
        if unicodedata.category(c)[0] != "S"
    )
    return unicodedata.normalize("NFC", "".join(kept)).replace("l·l", "ll").replace("·", " ")


def _given_name_first(text: str) -> str:
    """Turn `Lovelace, Ada` into `Ada Lovelace`; drop any other text after a comma."""
    parts = [part.strip() for part in text.split(",") if _has_letters(part)]
    suffix = parts.pop() if len(parts) > 1 and _plain(parts[-1]) in _SUFFIXES else ""
    if len(parts) == 2:
        family, given = parts
        words = given.split()
        is_given = not any(_ends_name(word) and not _is_field(word) for word in words)
        if is_given or (family.islower() and len(words) <= 2):
            parts = [given, family]
        else:
            parts = [family]
    return " ".join([*parts[:2], suffix]).strip()


def _words_of_name(text: str) -> list[str]:
    """Return the words before the first one that is not part of the name."""
    missing = _MISSING_PART if text.isupper() else (*_MISSING_PART, *_MISSING_IN_CAPITALS)
    tokens = [token for token in _BETWEEN_WORDS.split(text) if token not in ("", *missing)]
    if len(tokens) > 1 and _plain(tokens[0]) in _MISSING_GIVEN_NAME:
        tokens = tokens[1:]
    words: list[str] = []
    for at, token in enumerate(tokens):
        if _CODE.search(token):
            continue
        word = _word(token)
        if not word:
            continue
        following = tokens[at + 1 :]
        if words and _is_field(word) and _is_title(words[-1]) and not _is_sentence(following):
            words.append(word)
            continue
        if _ends_name(word) and any(known[0].isupper() for known in words):
            break
        if word.endswith(".") and not _may_have_period(word, following):
            words.append(word.rstrip("."))
            break
        words.append(word)
    return words


def _word(token: str) -> str:
    """Return a token's letters, with periods, apostrophes and hyphens where names have them."""
    parts = [_letters_of(part) for part in token.split(".")]
    *dotted, last = parts
    word = "".join(f"{part}." for part in dotted if part)
    return word + last


def _letters_of(text: str) -> str:
    text = few_marks(
        "".join(c for c in text if unicodedata.category(c)[0] in "LM" or c in "'-–\u200c\u200d")
    )
    text = re.sub(r"[-–]+", "-", text).strip("-")
    # Keep an apostrophe between letters, and in the Dutch 't.
    text = re.sub(r"(?<![^\W\d_])'+(?!t$)|'+(?![^\W\d_])", "", text).strip("-")
    return text if _has_letters(text) else ""


def _may_have_period(word: str, following: list[str]) -> bool:
    """True after titles, initials, and abbreviations that are followed by a name."""
    parts = [part.rsplit("-", 1)[-1] for part in word.rstrip(".").split(".")]
    if _plain(word) in _TITLES or all(len(part) == 1 for part in parts):
        return True
    following = [token for token in following if _has_letters(token)]
    if not following or len(parts[-1]) > _ABBREVIATION_MAX:
        return False
    if _is_abbreviation(word):
        return word.islower() or not _ends_name(following[0])
    if _is_sentence(following):
        return False
    if _plain(word) in _SHORT_PARTICLES:
        return True
    return not any(map(_ends_name, following)) and not word.islower() and not word.isupper()


def _is_title(word: str) -> bool:
    return _plain(word) in _TITLES or _is_field(word)


def _is_field(word: str) -> bool:
    """True for `med.`, `h.c.` and `phil`."""
    return _FIELDS.issuperset(_plain(word).split("."))


def _is_sentence(words: list[str]) -> bool:
    """True if the words after an abbreviation are text rather than a name."""
    of_name = [word for word in words if _plain(word) not in _PARTICLES and not _is_title(word)]
    parts = {part for word in words for part in _plain(word).split("-")}
    return len(of_name) > _AFTER_ABBREVIATION_MAX or not parts.isdisjoint(_SENTENCE_WORDS)


def _is_abbreviation(word: str) -> bool:
    return word.endswith(".") and (_plain(word) in _SAID or _plain(word) in _SAID_WITH_PERIOD)


def _ends_name(word: str) -> bool:
    """True for a word in lower case that no name has after a capitalised word."""
    return word.islower() and _plain(word) not in _PARTICLES | _TITLES


def _plain(word: str) -> str:
    return word.strip("'.").casefold()


def _has_letters(text: str) -> bool:
    return any(unicodedata.category(c)[0] == "L" for c in text)


def _fitted(words: list[str]) -> str:
    """Capitalise the words, and limit the name's length."""
    lower = all(word.islower() for word in words)
    titles = sum(_is_title(word) and len(word) > 2 for word in words)  # not the `c.` of `h. c.`
    words = words[: titles + (_WORDS_MAX_WITHOUT_CAPITALS if lower else _WORDS_MAX)]
    kept = cut(" ".join(words), _MAX).split()
    while len(kept) > 1 and kept[-1].islower() and _plain(kept[-1]) in _PARTICLES and not lower:
        kept.pop()
    shouted = all(word == word.upper() for word in kept)
    return " ".join(
        _capitalised(word, lower=lower, shouted=shouted, within=0 < at < len(kept) - 1)
        for at, word in enumerate(kept)
    )


def _capitalised(word: str, *, lower: bool, shouted: bool, within: bool) -> str:
    """Capitalise one word.

    Args:
        lower: the name has no capitals.
        shouted: the name has only capitals.
        within: the word is neither the first nor the last one.
    """
    if within and (shouted or lower) and _plain(word) in _ONLY_PARTICLES:
        return word.lower()
    if not lower and not _is_shouted(word, shouted=shouted):
        return word
    parts = re.split(r"([-'])", word.replace("İ", "i").lower())
    word = "".join(part[:1].title() + part[1:] for part in parts)
    return re.sub(r"^Mc([^\W\d_]{3,})", lambda found: "Mc" + found[1].capitalize(), word)


def _is_shouted(word: str, *, shouted: bool) -> bool:
    """True for a word in capitals, except initials such as `AJ` and numbers such as `III`.

    Args:
        shouted: the name has only capitals.
    """
    letters = [c for c in unicodedata.normalize("NFD", word) if c.isalpha()]
    if word != word.upper() or word == word.lower() or len(letters) < 2 or "." in word[:-1]:
        return False
    if _plain(word) in _TITLES or _is_abbreviation(word):
        return True
    if _ROMAN.fullmatch(word):
        return False
    if len(letters) < 4 and word.isascii() and not _VOWELS & set(word.casefold()):
        return False
    if len(letters) == 2:
        return shouted and letters[1] != "J"
    return True
