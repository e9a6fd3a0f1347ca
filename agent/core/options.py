"""Values of command-line options; argparse names the option and the value in its error."""

from __future__ import annotations


def port(text: str) -> int:
    """Parse a port; a socket would take 99999 for 34463.

    Raises:
        ValueError: it is not a port.
    """
    if not text.isdecimal() or int(text) > 65_535:
        raise ValueError(text)
    return int(text)


def seconds(text: str) -> int:
    """Parse a number of seconds, at least 1.

    Raises:
        ValueError: it is not one.
    """
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(text)
    return int(text)
