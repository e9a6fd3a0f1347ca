"""Recognises backchannels: words such as "mm-hm" that only show that the trainee is listening.

Trainees mix languages, so the words of all languages that Flux recognises count in every script.
"""

from __future__ import annotations

from typing import Final

from agent.speech.sentences import words_of


def _set_of(text: str) -> frozenset[str]:
    return frozenset(words_of(text))


_SOUNDS: Final = _set_of(
    "mm mmm mhm mhmm mm-hm mm-hmm hm hmm hmhm uh-huh uhuh uh-hu ah aha oh huh okay ok okey "
    "uh um hum er erm äh ähm euh eh you wow"
)
"""STT models often return "you" for a cough or a beep."""
_WORDS: Final = _SOUNDS | _set_of(
    # English
    "yes yeah yep yup right sure alright all good great fine i see got it of course exactly"
    " absolutely cool perfect super nice interesting true fair enough makes sense sounds"
    " understand understood thanks thank that's that then very indeed excellent wonderful amazing"
    " awesome lovely brilliant "
    # German
    "ja jo jep genau klar gut sehr richtig stimmt alles verstehe verstanden ach so prima achso na"
    " in ordnung natürlich ich passt jaja jawohl joa schön toll sicher interessant danke spannend"
    " logisch wunderbar das klingt selbstverständlich top krass oha "
    # Spanish
    "sí si ya vale claro bien muy bueno de acuerdo entiendo entendido ajá perfecto eso exacto así"
    " es veo que qué está comprendo correcto por supuesto genial interesante gracias excelente"
    " listo fantástico estupendo vaya suena desde luego órale dale "
    # French
    "oui ouais d'accord très voilà je vois entendu parfait c'est ça bon exactement tout à fait sûr"
    " comprends exact effectivement génial intéressant merci compris en effet absolument"
    " évidemment ça marche va clair nickel carrément hein bah ben "
    # Italian, Portuguese, Dutch
    "sì certo chiaro bene va capito capisco esatto giusto perfetto davvero già ecco grazie"
    " sim certo bem está tá bom boa isso entendi percebi exato pois perfeito obrigado obrigada"
    " oké precies klopt goed prima begrijp snap duidelijk inderdaad zeker mooi leuk bedankt "
    # Russian, Hindi, Japanese
    "да ага угу хорошо ладно понятно ясно понял поняла конечно точно так спасибо"
    " हाँ हां जी अच्छा ठीक है सही बिल्कुल समझ गया गई धन्यवाद"
    " はい うん ええ へえ そうですね そうですか そうなんですね なるほど わかりました"
)
_LONGEST: Final = 4
"""In different words; a longer utterance is not a backchannel."""


def is_backchannel(text: str) -> bool:
    """True if a transcript has only words such as "okay", "mm-hm", "ja", "vale" or "oui".

    A question is a backchannel only if it has nothing but sounds: "mm-hm?", but not "right?".
    """
    words = set(words_of(text))
    return 0 < len(words) <= _LONGEST and words <= (_SOUNDS if "?" in text else _WORDS)
