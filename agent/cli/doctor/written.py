"""How a setting is written: what a hand or a tool does to a value on its way into the environment.

Pydantic's types refuse what a value cannot be; this refuses what nobody can have meant.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_PLACEHOLDER = re.compile(
    r"<[^<>]*>|\byour[-_ ]|(?<![a-z])(?:change|replace)[-_ ]?me(?![a-z])|\.\.\.|…"
    r"|^(?:x{3,}|todo|tbd|none|null|undefined|secret|key|token|password)$",
    re.I,
)
_ALIKE = 0.88
"""LIVEKIT_API_SECERT and LIVEKIT_API_SECRET are, LIVEKIT_AGENT_NAME_OVERRIDE is not."""

OTHER_NAMES = {
    "GEMINI_API_KEY": "GOOGLE_API_KEY",
    "LIVEKIT_HOST": "LIVEKIT_URL",
    "LIVEKIT_WS_URL": "LIVEKIT_URL",
    "LIVEKIT_KEY": "LIVEKIT_API_KEY",
    "LIVEKIT_SECRET": "LIVEKIT_API_SECRET",
    "DG_API_KEY": "DEEPGRAM_API_KEY",
    "AVATAR_ID": "BEYOND_PRESENCE_AVATAR_ID",
    "AGENT_NAME": "LIVEKIT_AGENT_NAME",
}
"""What others call a setting of ours."""


def flaw_of(value: str) -> str:
    """What is wrong with how this value is written; empty: nothing. It never repeats the value."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'`":
        return (
            "stands in quotes, which are taken for a part of it: remove them "
            "(docker --env-file does not strip quotes, as a shell does)"
        )
    if value != value.strip():
        return "begins or ends with white space: remove it"
    if any(ord(c) < 32 or ord(c) == 127 for c in value):
        return "holds a line break or another invisible character: copy it anew, as one line"
    if _PLACEHOLDER.search(value):
        return "is still a placeholder: put in your own"
    return ""


def ascii_flaw_of(value: str) -> str:
    """The same for what is sent in a header: a key or a token."""
    if flaw := flaw_of(value):
        return flaw
    if not value.isascii() or " " in value:
        return "holds characters no key has: copy it anew"
    return ""


def meant_by(name: str, known: Iterable[str]) -> str | None:
    """The setting that somebody who wrote `name` has meant; None: it is none of ours."""
    known = set(known)
    if name in known:
        return None
    upper = name.upper().replace("-", "_")
    if upper in known:
        return upper
    if upper in OTHER_NAMES:
        return OTHER_NAMES[upper]
    close = difflib.get_close_matches(upper, known, n=1, cutoff=_ALIKE)
    return close[0] if close else None
