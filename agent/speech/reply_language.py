"""Recognises a reply in another language of the script, although the model did not switch.

A voice speaks one language; what it says in another one cannot be understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from agent.core.locales import language_of

_WORDS: Final = {
    "en": frozenset(
        "the and you your are this that with what have it to of for is there i we do can".split()
    ),
    "de": frozenset(
        "und der das ist sie ich nicht kein ein eine mit für auf zu wir wie haben gern".split()
    ),
    "es": frozenset(
        "el los las para por con está y qué cómo puedes puede tienes muy una del sí".split()
    ),
    "fr": frozenset(
        "vous votre est et dans pour avec une je nous pas ce cette c'est êtes du aux".split()
    ),
}
"""Frequent words that none of the other languages has."""
_CERTAIN: Final = 2
"""So many of them decide, if there is none of the script's own language."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def other_language(text: str, locale: str, locales: Iterable[str]) -> str:
    """Return the locale in whose language a text is; empty if it may be in the script's own.

    Args:
        locale: the script's own.
        locales: those that the script has.
    """
    own = _WORDS.get(language_of(locale))
    words = set(_WORD.findall(text.lower().replace("’", "'")))
    if own is None or words & own:
        return ""
    for other in locales:
        language = language_of(other)
        if language != language_of(locale) and len(words & _WORDS.get(language, own)) >= _CERTAIN:
            return other
    return ""
