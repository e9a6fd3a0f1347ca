"""Recognises text that programs read: `auth0|5f7c`, `CN=Ada` and `User: ada`."""

from __future__ import annotations

import re
from typing import Final

_IDENTIFIER: Final = re.compile(r"\S+[:;|/][\w/]\S*|\w+\s*:.*\w.*|.*\w=.*", re.S)
"""Not `Ada Lovelace | ACME`, which ends before the `|`."""


def is_identifier(text: str) -> bool:
    """True if the text is an identifier, or has a label."""
    return bool(_IDENTIFIER.fullmatch(text))
