"""Cleans trainees' names for the page, captions and LLM, and finds words that a voice must expand.

`clean_name` is in `cleaning`, with one module for each of its harder decisions: `placeholders`,
`abbreviations` and `capitals`. The lists of words are in `words.json`. No function raises an error.
"""

from __future__ import annotations

from agent.core.names.abbreviations import words_to_say
from agent.core.names.cleaning import clean_name

__all__ = ["clean_name", "words_to_say"]
