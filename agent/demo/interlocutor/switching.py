"""Which language is spoken, and which one the trainee would rather speak."""

from __future__ import annotations

import re

from agent.demo import tongues
from agent.demo.interlocutor.brief import Brief
from agent.demo.interlocutor.conversation import Conversation
from agent.demo.interlocutor.tongue import TONGUES
from agent.demo.interlocutor.wording import plain, words

_NAMES = {
    "en": "english|ingles|anglais|englisch",
    "es": "spanish|espanol|castellano|espagnol|spanisch",
    "fr": "french|frances|francais|franzosisch",
    "de": "german|aleman|allemand|deutsch",
    "": "polish|polaco|polonais|polnisch|polski|portuguese|portugues|portugais|portugiesisch"
    "|italian|italiano|italien|italienisch|turkish|turco|turc|turkisch|arabic|arabe|arabisch"
    "|ukrainian|ucraniano|ukrainien|ukrainisch|romanian|rumano|roumain|rumanisch|russian|ruso"
    "|russe|russisch|dutch|neerlandes|neerlandais|niederlandisch|chinese|chino|chinois|chinesisch",
}
"""Plain, in four languages; the last: languages nobody speaks here."""
_ASKED = "|".join(
    [
        r"\b(?:speak|talk|switch(?: to)?|change to|continue|go on|habl\w+|segui\w*|cambi\w+|parl\w+"
        r"|continu\w+|pass\w+|sprech\w+|sprich|reden|weiter\w*|wechseln?)\b.{0,25}\b(?:%s)\b",
        r"\b(?:%s)\s+(?:sprechen|reden|please|bitte|weiter\w*)\b",
        r"\b(?:in|en|auf)\s+(?:%s)\b",
        r"^\W*(?:%s)\W*(?:please|por favor|s'il vous plait|bitte)?\W*$",
    ]
)
_NOT_US = re.compile(r"\b(?:video|untertitel|subtitles?|subtitulos|sous-titres)\b")
_DENIED = re.compile(r"\b(?:not|don't|can't|no|pas|kein|nicht)\b")
_GREETINGS = {
    "es": r"\b(?:hola|buenos dias|buenas tardes)\b",
    "fr": r"\b(?:bonjour|bonsoir)\b",
    "de": r"\b(?:hallo|guten (?:tag|morgen|abend))\b",
    "en": r"\b(?:hello|good (?:morning|afternoon|evening))\b",
}


def spoken_language(brief: Brief, talk: Conversation) -> str:
    """The instruction's language, unless the language was switched and it does not say so yet."""
    switched = talk.switched_to.split("-")[0].lower()
    if switched not in TONGUES or switched == brief.language:
        return brief.language
    if any(response.name == "switch_language" for response in talk.answered):
        return switched
    return tongues.guess(talk.said, (switched, brief.language), default=switched)


def wished(said: str, current: str) -> str | None:
    """The language the trainee asks for or speaks; empty: one we lack; None: the current one."""
    heard = plain(said)
    for language in _NAMES:
        if language != current and asks_for(said, language):
            return language
    found = {t: n for t, n in tongues.evidence(said).items() if t in TONGUES}
    for language, pattern in _GREETINGS.items():
        if re.search(pattern, heard):
            found[language] = found.get(language, 0) + 1
    mine = found.pop(current, 0)
    if current != "en":
        # The demo's ears make English of whatever is spoken: to be switched to, it is asked for.
        found.pop("en", None)
    if not found:
        return None
    best = max(found, key=lambda t: found[t])
    # A foreign word or two are no wish: most of what has a language must have the other one.
    enough = found[best] >= 2 and found[best] >= mine + 2
    greeted = re.search(_GREETINGS[best], heard) and not mine and len(words(said)) <= 2
    return best if enough or greeted else None


def asks_for(said: str, language: str) -> bool:
    """Whether somebody asks for this language by its name."""
    heard = plain(said)
    if _NOT_US.search(heard):
        return False
    # "I don't speak English" asks for anything but English.
    found = re.finditer(_ASKED.replace("%s", _NAMES[language]), heard)
    return any(not _DENIED.search(heard[max(0, m.start() - 8) : m.end()]) for m in found)


def locale_of(language: str, locales: list[str]) -> str | None:
    """The declared locale that speaks a language."""
    return next((tag for tag in locales if tag.split("-")[0].lower() == language), None)
