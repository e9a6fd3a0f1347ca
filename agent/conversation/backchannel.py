"""Recognises backchannels: words such as "mm-hm" that only show that the trainee is listening."""

from __future__ import annotations

import re
from typing import Final

from agent.core.locales import language_of

_SOUNDS: Final = (
    "mm mmm mhm mhmm mm-hm mm-hmm hm hmm hmhm uh-huh uhuh uh-hu ah aha oh huh okay ok okey "
    "uh um hum er erm äh ähm euh eh you wow"
)
"""For every language. STT models often return "you" for a cough or a beep."""
_BY_LANGUAGE: Final = {
    "en": "yes yeah yep yup right sure alright all good great fine i see got it of course"
    " exactly absolutely cool perfect super nice interesting true fair enough makes sense sounds"
    " understand understood thanks thank that's that then very indeed excellent wonderful amazing"
    " awesome lovely brilliant",
    "de": "ja jo jep genau klar gut sehr richtig stimmt alles verstehe verstanden ach so prima"
    " achso na in ordnung natürlich yes yeah ich passt jaja jawohl joa schön super toll sicher"
    " interessant danke spannend logisch wunderbar das klingt selbstverständlich top krass oha",
    "es": "sí si ya vale claro bien muy bueno de acuerdo entiendo entendido ajá perfecto eso"
    " exacto así es veo que qué yes yeah está comprendo correcto por supuesto genial interesante"
    " gracias excelente listo fantástico estupendo vaya suena desde luego órale dale",
    "fr": "oui ouais d'accord bien très voilà je vois entendu parfait c'est ça bon super"
    " exactement tout à fait sûr yes yeah comprends exact effectivement génial intéressant merci"
    " compris en effet absolument évidemment excellent ça marche va clair nickel carrément hein bah"
    " ben",
}
_LONGEST: Final = 4
"""In different words; a longer utterance is not a backchannel."""
_WORD: Final = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def words_of(text: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]


def is_backchannel(text: str, locale: str) -> bool:
    """True if a transcript has only words such as "okay", "mm-hm", "ja", "vale" or "oui".

    A question is a backchannel only if it has nothing but sounds: "mm-hm?", but not "right?". For
    languages without a list of words, only the sounds count.
    """
    words_of_language = _BY_LANGUAGE.get(language_of(locale), "")
    known = (_SOUNDS if "?" in text else f"{_SOUNDS} {words_of_language}").split()
    words = words_of(text)
    return 0 < len(set(words)) <= _LONGEST and all(word in known for word in words)
