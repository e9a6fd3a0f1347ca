"""Thinking settings for each family of Gemini models: the least possible, for quick replies.

Sources: https://ai.google.dev/gemini-api/docs/thinking and
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/thinking
"""

from __future__ import annotations

import re
from typing import Any, Final

_MINIMAL: Final = {"thinking_level": "MINIMAL"}
_LOW: Final = {"thinking_level": "LOW"}
_FAMILIES: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    (r"gemini-2\.5-flash(-lite)?", {"thinking_budget": 0}),
    # Thinking cannot be switched off; 128 is the minimum.
    (r"gemini-2\.5-pro", {"thinking_budget": 128}),
    (r"gemini-3(\.\d)?-flash-lite", _MINIMAL),
    (r"gemini-3(\.[1-6])?-flash", _MINIMAL),
    (r"gemini-3\.[78]-flash", _LOW),
    (r"gemini-3(\.1)?-pro", _LOW),
    (r"gemini-4-argon", _LOW),
)
"""Patterns of model names, and the settings of their family."""


def thinking_of(model: str) -> dict[str, Any] | None:
    """Return the thinking settings for a model; None for a family that we do not know.

    A model refuses the settings of another family with status 400. All work without any.
    """
    name = model.removeprefix("models/").lower()
    # A date or "-preview" may follow; other words name another family.
    end = r"(-preview(-[\d-]+)?|-\d+)?"
    return next((config for family, config in _FAMILIES if re.fullmatch(family + end, name)), None)


def is_off(thinking: dict[str, Any]) -> bool:
    """True if a model with these settings uses no output tokens for thoughts."""
    return thinking == _MINIMAL or thinking.get("thinking_budget") == 0
