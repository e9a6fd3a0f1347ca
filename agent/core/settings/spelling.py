"""Finds variables of the environment that are not settings, but are probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Final

from agent.core.log import logger
from agent.core.settings.endpoint import EndpointSettings
from agent.core.settings.worker import WorkerSettings

_SIMILARITY: Final = 0.88
"""LIVEKIT_API_SECERT is similar to LIVEKIT_API_SECRET; LIVEKIT_AGENT_NAME_OVERRIDE is not."""
_OTHER_NAMES: Final = {
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


def known_names() -> set[str]:
    """Return the names of all settings of the worker and the endpoint."""
    return WorkerSettings.names() | EndpointSettings.names()


def misspelled(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield variables that are not settings, and the unset setting that each is similar to."""
    for name in sorted(environ):
        meant = similar_setting(name)
        if meant and environ.get(meant, "") == "":
            yield name, meant


def similar_setting(name: str) -> str | None:
    """Return the setting that `name` is probably a misspelling of; None if there is none."""
    known = known_names()
    if name in known:
        return None
    upper = name.upper().replace("-", "_")
    if upper in known:
        return upper
    if upper in _OTHER_NAMES:
        return _OTHER_NAMES[upper]
    close = difflib.get_close_matches(upper, known, n=1, cutoff=_SIMILARITY)
    return close[0] if close else None


def warn_of_misspelled_settings(environ: Mapping[str, str]) -> None:
    for name, meant in misspelled(environ):
        logger.warning(
            "a variable is not a setting and is ignored; rename or remove it",
            extra={"event": "setting_ignored", "variable": name, "similar_to": meant},
        )
