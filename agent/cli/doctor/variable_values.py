"""Values and names of environment variables: typical mistakes of people and tools.

The settings' types refuse values that are impossible. This module finds values that are possible
but cannot be meant, such as placeholders, and names that are misspelled.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from agent.core.settings.field_types import spelling_problem

_PLACEHOLDER = re.compile(
    r"<[^<>]*>|\byour[-_ ]|(?<![a-z])(?:change|replace)[-_ ]?me(?![a-z])|\.\.\.|…"
    r"|^(?:x{3,}|todo|tbd|none|null|undefined|secret|key|token|password)$",
    re.I,
)
_SIMILARITY = 0.88
"""LIVEKIT_API_SECERT is similar to LIVEKIT_API_SECRET; LIVEKIT_AGENT_NAME_OVERRIDE is not."""

_OTHER_NAMES = {
    "GEMINI_API_KEY": "GOOGLE_API_KEY",
    "LIVEKIT_HOST": "LIVEKIT_URL",
    "LIVEKIT_WS_URL": "LIVEKIT_URL",
    "LIVEKIT_KEY": "LIVEKIT_API_KEY",
    "LIVEKIT_SECRET": "LIVEKIT_API_SECRET",
    "DG_API_KEY": "DEEPGRAM_API_KEY",
    "AVATAR_ID": "BEYOND_PRESENCE_AVATAR_ID",
    "AGENT_NAME": "LIVEKIT_AGENT_NAME",
}
"""Names that other products use for our settings."""


def value_problem(value: str) -> str:
    """Say what is wrong with a value, without repeating it; empty if nothing is."""
    if problem := spelling_problem(value):
        return problem
    if _PLACEHOLDER.search(value):
        return "is still a placeholder: replace it with your own value"
    return ""


def similar_setting(name: str, known: Iterable[str]) -> str | None:
    """Return the setting that `name` is probably a misspelling of; None if there is none."""
    known = set(known)
    if name in known:
        return None
    upper = name.upper().replace("-", "_")
    if upper in known:
        return upper
    if upper in _OTHER_NAMES:
        return _OTHER_NAMES[upper]
    close = difflib.get_close_matches(upper, known, n=1, cutoff=_SIMILARITY)
    return close[0] if close else None
