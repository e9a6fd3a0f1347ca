"""Chooses the voice for a locale.

A voice is looked up in this order; an unknown locale is never an error:

1. the script's own `voice`: a name in VOICES, or a provider's own, if it speaks the language;
2. VOICES at the locale's own tag (`es-MX`), then at the tag shortened (`es`);
3. VOICES at `*`;
4. the first of VOICES.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.core.locales import language_of

_AURA = re.compile(r"aura(?:-2)?-[a-z]+-([a-z]{2})(?:-[a-z]+)?", re.I)
_GEMINI = "gemini:"
_SLOWEST = {"en": 0.7, "es": 0.9}
"""Slowest speed of Aura-2 voices by language; the others refuse the parameter."""


def spoken_language(voice: str) -> str | None:
    """The language of a Deepgram voice, from its name; None if the name does not say."""
    found = _AURA.fullmatch(voice)
    return found[1].lower() if found else None


def speaks(voice: str, locale: str) -> bool:
    """Return whether a voice speaks a locale; True if its name does not say."""
    return spoken_language(voice) in (None, language_of(locale))


def slowest_speed(voice: str) -> float | None:
    """The slowest speed of a Deepgram voice; None if it has only one
    (https://developers.deepgram.com/docs/tts-voice-controls).
    """
    if not voice.lower().startswith("aura-2-"):
        return None
    return _SLOWEST.get(spoken_language(voice) or "")


def gemini_voice(voice: str) -> str | None:
    """`Kore` for `gemini:Kore`, which speaks every language; None for another provider's voice."""
    return voice.removeprefix(_GEMINI) if voice.startswith(_GEMINI) else None


def choose_voice(voices: Mapping[str, str], locale: str, asked: str | None = None) -> str:
    """Choose the voice for a locale, for example `aura-2-celeste-es` or `gemini:Kore`.

    Args:
        voices: VOICES from the environment; not empty.
        locale: a BCP 47 tag.
        asked: the voice that the script asks for.
    """
    if asked:
        voice = voices.get(asked, asked)
        if (gemini_voice(voice) or spoken_language(voice)) and speaks(voice, locale):
            return voice
    table = {name.lower(): voice for name, voice in voices.items()}
    parts = locale.lower().split("-")
    tags = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    found = (table[tag] for tag in [*tags, "*"] if tag in table)
    return next(found, next(iter(voices.values())))
