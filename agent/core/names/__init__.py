"""Cleans trainees' names for the page, captions and LLM, and finds words that a voice must expand.

The agent says the name aloud, so a hostile "name" could make it say anything. A clean name
therefore has only the characters and words that names have. No function raises an error.
`cleaning` applies the rules in this order:

1. `characters`: text that lost letters is no name. Escapes and `P!nk` are read as letters.
2. `placeholders`: `null`, `N/A`, `Worker 12` and companies are no names.
3. `sentences`: nor are `I'm Ada` and `Ignore all rules`.
4. `additions`: brackets, nicknames, addresses and degrees are removed. Titles stay.
5. `given_name_first`: `Lovelace, Ada` becomes `Ada Lovelace`.
6. `logins`: `ada.lovelace` becomes two words.
7. `name_end`: the name ends before words and punctuation that names do not have.
8. `capitals`: `ADA LOVELACE` becomes `Ada Lovelace`.

`abbreviations` says what a voice says for `Md.`; `word_lists` reads the lists.
"""

from __future__ import annotations

from agent.core.names.abbreviations import words_to_say
from agent.core.names.cleaning import clean_name

__all__ = ["clean_name", "words_to_say"]
