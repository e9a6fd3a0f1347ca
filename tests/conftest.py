"""Every test starts from an empty environment: no developer's key ever reaches a provider."""

from __future__ import annotations

import os

import pytest

_OURS = ("LIVEKIT_", "BEY_", "BEYOND_PRESENCE_", "DEEPGRAM_", "GOOGLE_", "GEMINI_", "PLATFORM_")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(_OURS):
            monkeypatch.delenv(name)
