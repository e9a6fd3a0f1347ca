"""Recognises insults: `Vollidiot`, `Du Vollidiot`."""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.word_lists import INSULTS

_IN_COMPOUNDS: Final = re.compile("|".join(word for word in INSULTS if len(word) > 6))
"""Not shorter ones, which are in names: `Dikshit`, `Cassandra`."""


def has_insult(text: str) -> bool:
    """True if a word is an insult in one of our languages."""
    words = re.findall(r"\w+", text.casefold())
    return any(word in INSULTS or _IN_COMPOUNDS.search(word) for word in words)
