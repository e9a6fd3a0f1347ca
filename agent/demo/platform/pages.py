"""The demo platform's pages. What a trainee wrote never becomes markup or script."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agent.scripts.library import PROMPTS, load_library

_PAGES = Path(__file__).with_name("templates")


def form_page() -> str:
    """The registration form, with every shipped script and every industry of theirs."""
    scripts = load_library(PROMPTS).scripts
    industries = {
        name
        for pages in scripts.values()
        for page in pages.values()
        for name in page.fields.industries
    }
    text = _read("register.html")
    text = text.replace("<!--trainings-->", _options(scripts, chosen="warehouse_safety"))
    return text.replace("<!--industries-->", _options(industries, chosen="logistics"))


def video_page(locale: str, *, outcome_url: str = "") -> str:
    """The page that Continue opens, in English if it has no texts in this locale.

    Args:
        outcome_url: where the outcome will be; empty if there is no session.
    """
    words = json.loads(_read("video_words.json"))
    config = {"locale": locale, "outcomeUrl": outcome_url, "words": words}
    return page_with(_read("video.html"), "video-config", config)


def page_with(page: str, name: str, config: dict[str, Any]) -> str:
    """A page with its config in place of the comment `<!--name-->`."""
    # No name may contain `</script>`.
    safe = json.dumps(config, ensure_ascii=False).replace("<", "\\u003c")
    element = f'<script type="application/json" id="{name}">{safe}</script>'
    return page.replace(f"<!--{name}-->", element)


def _options(names: Iterable[str], *, chosen: str) -> str:
    """Options in alphabetical order, `chosen` first."""
    ordered = sorted(names, key=lambda name: (name != chosen, name))
    spoken = (html.escape(name.replace("_", " ")) for name in ordered)
    return "\n        ".join(f"<option>{name}</option>" for name in spoken)


def _read(name: str) -> str:
    return (_PAGES / name).read_text(encoding="utf-8")
