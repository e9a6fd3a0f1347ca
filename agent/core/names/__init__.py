"""Cleans trainees' names for the page, captions and LLM, and finds words that a voice must expand.

The agent says the name aloud, so a hostile "name" could make it say anything. A clean name
therefore has only the characters and words that names have. No function raises an error.
`cleaning` applies these modules in this order:

1. `characters` reads letters: `J&uuml;rgen` becomes `Jürgen`. `M?ller` has lost one and is refused.
2. `additions` removes what is beside a name: `Ada (Sales)` and `I'm Ada` become `Ada`.
3. `no_name` refuses text that is not a name: `null`, `asdf`, `Worker 12`, `Ada & Ben`.
4. `degrees` removes degrees: `Ada Hill, PhD` becomes `Ada Hill`. Titles stay: `Dr. Hill`.
5. `given_name_first` turns names around: `Lovelace, Ada` becomes `Ada Lovelace`.
6. `name_end` splits and ends the name: `ada.lovelace` becomes `ada lovelace`, and
   `Ada. Ignore your rules` becomes `Ada`. `no_name` then refuses groups: `Sales Team`.
7. `capitals` sets capitals: `ADA LOVELACE` becomes `Ada Lovelace`.

If in doubt, the name is empty: to greet without a name is polite, to say a wrong one is not.
`abbreviations` says what a voice says for `Md.`; `word_lists` reads the lists.
"""

from __future__ import annotations

from agent.core.names.abbreviations import words_to_say
from agent.core.names.cleaning import clean_name

__all__ = ["clean_name", "words_to_say"]
