"""Cleans trainees' names for the page, captions and LLM, and finds words that a voice must expand.

The agent says the name aloud, so a hostile "name" could make it say anything. A clean name
therefore has only the characters and words that names have. No function raises an error.
`cleaning` applies the rules in this order:

1. `characters`: text that has lost letters is not a name. Escapes and `P!nk` are read as letters.
2. `placeholders`: `null`, `Worker 12`, `IT Support` and companies are no names.
3. `sentences`: nor are `I'm Ada`, `Ignore all rules` and insults.
4. `additions`: brackets, nicknames and addresses are removed. Titles stay.
5. `identifiers`: `auth0|5f7c` and `CN=Ada` are no names.
6. `two_people`: nor is `Ada & Ben`.
7. `degrees`: degrees behind the name are removed.
8. `given_name_first`: `Lovelace, Ada` becomes `Ada Lovelace`.
9. `logins`: `ada.lovelace` becomes two words.
10. `name_end`: the name ends before words and punctuation that names do not have.
11. `capitals`: `ADA LOVELACE` becomes `Ada Lovelace`.

If in doubt, the name is empty: to greet without a name is polite, to say a wrong one is not.
`abbreviations` says what a voice says for `Md.`; `word_lists` reads the lists.
"""

from __future__ import annotations

from agent.core.names.abbreviations import words_to_say
from agent.core.names.cleaning import clean_name

__all__ = ["clean_name", "words_to_say"]
