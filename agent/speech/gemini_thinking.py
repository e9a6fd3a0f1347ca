"""How much each family of Gemini models thinks: as little as it allows, because the trainee waits.

Sources: https://ai.google.dev/gemini-api/docs/thinking and
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/thinking
"""

from __future__ import annotations

import re
from typing import Final

from google.genai import types

_MINIMAL: Final = types.ThinkingConfig(thinking_level=types.ThinkingLevel.MINIMAL)
_LOW: Final = types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW)
_FAMILIES: Final = (
    (r"gemini-2\.5-flash", types.ThinkingConfig(thinking_budget=0)),
    # It cannot be switched off; this is the least.
    (r"gemini-2\.5-pro", types.ThinkingConfig(thinking_budget=128)),
    (r"gemini-3(\.\d)?-flash-lite", _MINIMAL),
    (r"gemini-3(\.[1-6])?-flash", _MINIMAL),
    (r"gemini-3\.[78]-flash", _LOW),
    (r"gemini-3(\.1)?-pro", _LOW),
)
"""The first family whose name a model's name begins with."""


def thinking_of(model: str) -> types.ThinkingConfig | None:
    """Return the thinking settings for a model; None for a family that we do not know.

    Every family refuses the settings of another one with status 400, and all work without any.
    """
    name = model.removeprefix("models/").lower()
    found = (config for family, config in _FAMILIES if re.match(f"{family}(?![\\w.])", name))
    return next(found, None)
