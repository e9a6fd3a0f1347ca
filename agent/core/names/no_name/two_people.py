"""Recognises names of two people: `Ada & Ben`, `Ada/Ben`, `Ana y Luis`."""

from __future__ import annotations

import re
from typing import Final

_TWO: Final = re.compile(
    r"^[^;:!?|]*&"  # between names, or between the words of a company
    r"|^\s*[^\W\d_]+\s*/\s*[^\W\d_]"  # `Ada/Ben`, but not `Ada Hill / ACME`
    r"|^[^;:!?|.,]+\s(?:and|et|or|oder|ou|(?<!\bvon )und)\s"  # not `von und zu Berg`
    r"|^\s*[^\W\d_]+\s[yei]\s"  # `Ana y Luis`, but not `Pablo Ruiz y Picasso`
)


def has_two_names(text: str) -> bool:
    """True for `Ada & Ben` and `Ada/Ben`."""
    return bool(_TWO.search(text))
