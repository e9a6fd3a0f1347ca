"""Which language a text is in: by its script, else by its small words; it guesses, and says so.

The stand-ins need it where the real services hear or read the language themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SCRIPTS = {
    "ja": r"[\u3040-\u30ff]",
    "ko": r"[\uac00-\ud7af]",
    "cmn": r"[\u4e00-\u9fff]",
    "uk": r"[іїєґ]",
    "ru": r"[\u0400-\u04ff]",
    "el": r"[\u0370-\u03ff]",
    "he": r"[\u0590-\u05ff]",
    "ar": r"[\u0600-\u06ff]",
    "hi": r"[\u0900-\u097f]",
}
_SMALL_WORDS = {
    "en": "the and you your is are i i'm i've have has do does what how to of in it my can will"
    " this that with for not would was been we they yes no hello please thank thanks",
    "es": "el la los las y tú tu es soy eres está he has que qué cómo cuánto de en un una mi puedo"
    " con para por no sí me se al del hola gracias quiero usted años pero muy",
    "fr": "le la les et vous votre est je suis ai avez que quoi comment combien de des dans un une"
    " mon ma puis avec pour ne pas oui non bonjour merci du au c'est j'ai ans mais très d'un",
    "de": "der die das und sie ihre ist ich bin habe haben was wie zu von im in ein eine einen mein"
    " kann mit für nicht ja nein hallo danke es wir den dem auf schon noch bitte wird",
    "pl": "i w na się nie jest to że do jak twoje twój pani pan dzień dobry dziękuję z za czy witaj"
    " pod dla po przed oraz szkolenie jestem",
    "pt": "o a os as e você seu sua é sou está que como de em um uma não sim para com por olá"
    " obrigado obrigada do da dos treinamento bem-vindo",
    "it": "il lo la gli e tu è sono sei che come di in un una non sì per con ciao grazie del della"
    " il tuo benvenuto formazione",
    "nl": "de het een en je jij is ik ben heb wat hoe van in op met voor niet ja nee hallo dank"
    " welkom uw training",
    "sv": "och att det är jag du en ett som på för med inte ja nej hej tack välkommen din",
    "da": "og at det er jeg du en et som på for med ikke ja nej hej tak velkommen din",
    "fi": "ja on ei hän se että minä sinä olen kyllä hei kiitos tervetuloa mutta",
    "cs": "a je na se že to v s jsem jsi ne ano dobrý den děkuji vítejte pro",
    "ro": "și este sunt un o la de cu pentru nu da bună mulțumesc bine ați venit în",
    "hu": "a az és egy hogy nem igen jó napot köszönöm van üdvözöljük",
    "tr": "ve bir bu için ile değil evet hayır merhaba teşekkürler hoş geldiniz",
}
_SETS = {tongue: frozenset(words.split()) for tongue, words in _SMALL_WORDS.items()}


def evidence(text: str) -> dict[str, int]:
    """How many small words of each language are in the text; languages without any are left out."""
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", text.casefold())
    plain = [word.replace("’", "'") for word in words]
    counts = {tongue: sum(word in known for word in plain) for tongue, known in _SETS.items()}
    return {tongue: count for tongue, count in counts.items() if count}


def guess(text: str, among: Iterable[str] = (), *, default: str = "en") -> str:
    """The likeliest language; `default` where nothing speaks for any.

    Args:
        among: consider these alone; all where empty.
    """
    wanted = set(among)
    for tongue, pattern in _SCRIPTS.items():
        if (not wanted or tongue in wanted) and re.search(pattern, text, re.I):
            return tongue
    found = {t: count for t, count in evidence(text).items() if not wanted or t in wanted}
    if not found:
        return default
    best = max(found.values())
    # Of equals, the default: a word or two that several languages have say nothing.
    return default if found.get(default) == best else max(found, key=lambda t: found[t])
