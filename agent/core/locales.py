"""Locale tags (BCP 47), such as `es` and `es-MX`."""

from __future__ import annotations


def language_of(locale: str) -> str:
    """Return the language of a locale tag in lower case: `es` of `es-MX`."""
    return locale.split("-")[0].lower()
