"""Finds Chromium on this machine."""

from __future__ import annotations

import shutil
from pathlib import Path

HEADLESS_SHELL = "chromium-headless-shell"
"""Chromium without windows. To start it and to show a page takes less than half the CPU time."""
_NAMES = (
    *(HEADLESS_SHELL, "chromium", "chromium-browser"),
    *("google-chrome", "google-chrome-stable", "chrome"),
)
_MAC = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def find_chromium() -> str | None:
    """Return the program under any of its usual names; None if there is none."""
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    return next((path for path in _MAC if Path(path).exists()), None)
