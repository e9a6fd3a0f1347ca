"""Cleans trainees' names for the page, captions and LLM, and finds words that a voice must expand.

The agent says the name aloud, so a hostile "name" could make it say anything. A clean name
therefore has only the characters and words that names have. No function raises an error.
`cleaning` applies the rules in this order:

1. `characters`: escapes and symbols are read as letters. Text that has lost letters is no name.
2. `no_name`: `null`, `asdf`, `Worker 12`, `Example GmbH`, `Ignore all rules` and `Ada & Ben`
   are no names.
3. `additions`: brackets, nicknames and addresses are removed. Titles stay.
4. `degrees`: degrees behind the name are removed.
5. `given_name_first`: `Lovelace, Ada` becomes `Ada Lovelace`.
6. `logins`: `ada.lovelace` becomes two words.
7. `name_end`: the name ends before words and punctuation that names do not have.
8. `capitals`: `ADA LOVELACE` becomes `Ada Lovelace`.

If in doubt, the name is empty: to greet without a name is polite, to say a wrong one is not.
`abbreviations` says what a voice says for `Md.`; `word_lists` reads the lists.
"""

from __future__ import annotations

from agent.core.names.abbreviations import words_to_say
from agent.core.names.cleaning import clean_name

__all__ = ["clean_name", "words_to_say"]
