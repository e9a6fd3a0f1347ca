"""What the speech recognition models cover. Imports no plugin, so that `doctor` can use it."""

from __future__ import annotations

MULTI = "multi"
"""Deepgram nova-3's language setting that recognises several languages, also in one sentence."""
_MULTI_COVERS = frozenset({"en", "es", "fr", "de", "hi", "ru", "pt", "ja", "it", "nl"})
"""https://developers.deepgram.com/docs/multilingual-code-switching"""


def recognition_language(stt_model: str, locale: str) -> str:
    """Deepgram's `language` for a locale: `multi` if nova-3 covers it, else the locale itself."""
    language = locale.split("-")[0].lower()
    return MULTI if stt_model.startswith("nova-3") and language in _MULTI_COVERS else locale
