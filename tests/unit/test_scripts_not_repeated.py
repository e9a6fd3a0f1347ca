"""No test repeats the words of a shipped script: they may be changed without changing a test.

`tests/support/shipped_scripts.py` gives the words to the tests that need them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from agent.scripts import PROMPTS, load_library
from agent.scripts.checks.file import spoken_texts
from agent.scripts.schema import SharedTexts
from tests.support.shipped_scripts import shipped_script

TESTS = Path(__file__).resolve().parent.parent
SHORTEST_WORDS = 5
_BETWEEN_SENTENCES = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|(?<=[.!?:;…])\s|[¡¿]")


def sentences(text: str) -> Iterator[str]:
    """Yield the parts of a template between placeholders and sentence ends, in small letters."""
    for part in _BETWEEN_SENTENCES.split(" ".join(text.split())):
        words = part.strip(" .,!?:;…").casefold()
        if len(words.split()) >= SHORTEST_WORDS:
            yield words


def shipped_sentences() -> set[str]:
    library = load_library(PROMPTS)
    texts = [
        text
        for files in library.scripts.values()
        for file in files.values()
        for _, text in spoken_texts(file)
    ]
    for common in library.commons.values():
        texts += filter(None, (getattr(common.fields, name) for name in SharedTexts.model_fields))
    return {sentence for text in texts for sentence in sentences(text)}


def repeated(source: str, shipped: set[str]) -> list[str]:
    """Return the shipped sentences that a string of this Python source contains, with its line."""
    strings = [
        (node.lineno, node.value.casefold().split())
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [
        f"{line}: {sentence}"
        for line, words in strings
        if len(words) >= SHORTEST_WORDS
        for text in [" ".join(words)]
        for sentence in shipped
        if sentence in text
    ]


def test_no_test_repeats_a_sentence_of_a_shipped_script() -> None:
    shipped = shipped_sentences()
    assert len(shipped) > 500
    found = [
        f"{path.relative_to(TESTS)}:{finding}"
        for path in sorted(TESTS.rglob("*.py"))
        for finding in repeated(path.read_text(encoding="utf-8"), shipped)
    ]
    assert not found, "take the words from tests/support/shipped_scripts.py: " + "; ".join(found)


def test_repeated_sentence_is_found() -> None:
    closing = shipped_script("forklift").closing
    source = f"def test():\n    assert said == {closing[:40]!r} {closing[40:]!r}"
    assert repeated(source, shipped_sentences())
