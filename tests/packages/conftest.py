"""The real Chromium of the browser tests."""

from tests.browser.conftest import microphone, open_page

__all__ = ["microphone", "open_page"]
