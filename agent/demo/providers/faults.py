"""Faults: what each stand-in can be told to do wrong, spelled as short strings.

A fault is `provider:name`, with `=number` if it has one, and with `xN` for the next N occasions
only: `bey:401`, `bey:leaves=5`, `llm:429=2x1` (status 429 with `Retry-After: 2`, once). `tts` is
every voice; `aura` is Deepgram's alone, so that Gemini's can replace it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from agent.core.errors import ConfigError

_TABLE = json.loads(Path(__file__).with_name("faults.json").read_text(encoding="utf-8"))
PART_OF = {"aura": "tts"}
"""A fault of `tts` is one of `aura`, too."""
CATALOGUE: dict[str, dict[str, str]] = {
    provider: _TABLE["every provider"] | _TABLE[PART_OF.get(provider, provider)]
    for provider in _TABLE["providers"]
}
"""What happens, by provider and fault; a fault that takes a number has the default, as `late=5`."""

_SHAPE = re.compile(r"(\w+):([a-z]+(?:-[a-z]+)*|\d{3})(?:=(\d+(?:\.\d+)?))?(?:x(\d+))?")


class UnknownFault(ConfigError):
    """A fault that no provider knows; the text lists all of them."""


@dataclass
class Fault:
    """A fault that has been asked for."""

    provider: str
    name: str
    value: float
    """Its number; 0 if it takes none. For a status: seconds of Retry-After."""
    left: int | None
    """Remaining uses; None: unlimited."""

    @property
    def status(self) -> int | None:
        """The HTTP status, if this fault is one."""
        return int(self.name) if self.name.isdigit() else None


def parse_fault(text: str) -> Fault:
    """Read one fault.

    Raises:
        UnknownFault: the text lists all faults.
    """
    match = _SHAPE.fullmatch(text.strip())
    provider, name, number, count = match.groups() if match else ("", "", None, None)
    known = "400…599" if name.isdigit() and 400 <= int(name) <= 599 else name
    defaults = dict(fault.partition("=")[::2] for fault in CATALOGUE.get(provider, {}))
    if known not in defaults or (number and not defaults[known]):
        raise UnknownFault(f"unknown fault {text!r}. The faults are:\n{describe_faults()}")
    value = float(number or defaults[known] or 0)
    return Fault(provider, name, value, left=int(count) if count else None)


def describe_faults() -> str:
    """Every fault with its line of description, for `--help` and error messages."""
    lines = []
    for provider, faults in CATALOGUE.items():
        lines.append(f"{_TABLE['providers'][provider]}:")
        for fault, text in faults.items():
            lines.append(f"  {f'{provider}:{fault}'.removesuffix('=0'):<26} {text}")
    lines.append("Add xN for the next N occasions only, as in bey:500x2.")
    return "\n".join(lines)


class Faults:
    """The faults in force now, shared by all stand-ins of a run."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self.active = [parse_fault(text) for text in texts]

    def take(self, provider: str, *names: str, lasting: bool = False) -> Fault | None:
        """The provider's first active fault of these names (`status`: any status), used once.

        Args:
            lasting: ignore faults that are counted.
        """
        whole = PART_OF.get(provider)
        for fault in self.active:
            named = fault.name in names or (fault.status is not None and "status" in names)
            if lasting and fault.left is not None:
                continue
            if fault.provider in {provider, whole} and named and fault.left != 0:
                if fault.left is not None:
                    fault.left -= 1
                return fault
        return None
