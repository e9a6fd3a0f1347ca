"""The voice and the recognition language for each locale."""

from __future__ import annotations

import pytest

from agent.speech.voices import choose_voice

TABLE = {
    "en": "aura-2-andromeda-en",
    "es": "aura-2-celeste-es",
    "es-MX": "aura-2-javier-es",
    "warm": "aura-2-thalia-en",
    "story": "gemini:Leda",
    "*": "gemini:Kore",
}


@pytest.mark.parametrize(
    ("locale", "asked", "voice"),
    [
        ("en", None, "aura-2-andromeda-en"),
        ("es-mx", None, "aura-2-javier-es"),
        ("es-AR", None, "aura-2-celeste-es"),
        ("pl", None, "gemini:Kore"),
        ("en-GB", "warm", "aura-2-thalia-en"),
        ("en", "aura-2-zeus-en", "aura-2-zeus-en"),
        ("pl", "story", "gemini:Leda"),
        # An unknown voice, or one of another language, is not used.
        ("es", "warm", "aura-2-celeste-es"),
        ("en", "no-such-voice", "aura-2-andromeda-en"),
    ],
)
def test_choose_voice_follows_the_documented_order(
    locale: str, asked: str | None, voice: str
) -> None:
    assert choose_voice(TABLE, locale, asked) == voice


def test_choose_voice_falls_back_to_the_first_voice() -> None:
    assert choose_voice({"en": "aura-2-andromeda-en"}, "pl") == "aura-2-andromeda-en"
