"""Typical mistakes in the values of variables, such as a line break at the end of a key.

They come from pasted files, from `echo key | base64` in a Kubernetes Secret, and from
`docker --env-file`, which keeps quotes.
"""

from __future__ import annotations


def spelling_problem(value: str) -> str:
    """Say what is wrong with the spelling of a value, without repeating it; empty if nothing is."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'`":
        return (
            "is in quotes, which become part of the value: remove them "
            "(unlike a shell, docker --env-file does not remove quotes)"
        )
    if value != value.strip():
        return "starts or ends with white space: remove it"
    if any(ord(c) < 32 or ord(c) == 127 for c in value):
        return "contains a line break or another invisible character: copy it again, as one line"
    return ""


def key_problem(value: str) -> str:
    """Like `spelling_problem`, for keys and ids, which are sent in HTTP headers."""
    if problem := spelling_problem(value):
        return problem
    if not value.isascii() or " " in value:
        return "contains characters that no key has: copy it again"
    return ""
