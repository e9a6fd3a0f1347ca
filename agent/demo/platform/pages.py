"""The demo platform's pages. What a trainee wrote never becomes markup or script."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from agent.scripts.library import PROMPTS, load_library

_FOLDER = Path(__file__).with_name("templates")
_TEMPLATES = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True)


def form_page() -> str:
    """The registration form, with every shipped script and every industry of theirs."""
    scripts = load_library(PROMPTS).scripts
    pages = [page for locales in scripts.values() for page in locales.values()]
    industries = {name for page in pages for name in page.fields.industries}
    return _TEMPLATES.get_template("register.html").render(
        trainings=_ordered(scripts, first="warehouse_safety"),
        industries=_ordered(industries, first="logistics"),
    )


def video_page(locale: str, *, outcome_url: str = "") -> str:
    """The page that Continue opens, in English if it has no texts in this locale.

    Args:
        outcome_url: where the outcome will be; empty if there is no session.
    """
    words = json.loads((_FOLDER / "video_words.json").read_text(encoding="utf-8"))
    config = {"locale": locale, "outcomeUrl": outcome_url, "words": words}
    page = (_FOLDER / "video.html").read_text(encoding="utf-8")
    return page_with(page, "video-config", config)


def page_with(page: str, name: str, config: dict[str, Any]) -> str:
    """A page with its config in place of the comment `<!--name-->`."""
    # No name may contain `</script>`.
    safe = json.dumps(config, ensure_ascii=False).replace("<", "\\u003c")
    element = f'<script type="application/json" id="{name}">{safe}</script>'
    return page.replace(f"<!--{name}-->", element)


def _ordered(names: Iterable[str], *, first: str) -> list[str]:
    """The names as people write them, in alphabetical order after the first."""
    return [each.replace("_", " ") for each in sorted(names, key=lambda n: (n != first, n))]
