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
_PART_OF = {"aura": "tts"}
"""A fault of `tts` is one of `aura`, too."""


@dataclass(frozen=True)
class Kind:
    """One fault that a provider knows."""

    text: str
    """What happens, in one line."""
    default: float | None
    """The number if none is given; None: this fault takes no number."""


def _load_catalogue() -> dict[str, dict[str, Kind]]:
    """The kinds of `faults.json` by provider and name; keys there are like `leaves=5`."""
    found: dict[str, dict[str, Kind]] = {}
    for provider in _TABLE["providers"]:
        own = _TABLE[_PART_OF.get(provider, provider)]
        found[provider] = {}
        for key, text in (_TABLE["every provider"] | own).items():
            name, _, number = key.partition("=")
            found[provider][name] = Kind(text, float(number) if number else None)
    return found


CATALOGUE = _load_catalogue()

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
    name = match[2] if match else ""
    known = "400…599" if name.isdigit() and 400 <= int(name) <= 599 else name
    kind = CATALOGUE.get(match[1], {}).get(known) if match else None
    if not match or kind is None or (match[3] and kind.default is None):
        raise UnknownFault(f"unknown fault {text!r}. The faults are:\n{describe_faults()}")
    return Fault(
        provider=match[1],
        name=match[2],
        value=float(match[3]) if match[3] else kind.default or 0.0,
        left=int(match[4]) if match[4] else None,
    )


def describe_faults() -> str:
    """Every fault with its line of description, for `--help` and error messages."""
    lines = []
    for provider, kinds in CATALOGUE.items():
        lines.append(f"{_TABLE['providers'][provider]}:")
        for name, kind in kinds.items():
            number = f"={kind.default:g}" if kind.default else ""
            lines.append(f"  {f'{provider}:{name}{number}':<26} {kind.text}")
    lines.append("Add xN for the next N occasions only, as in bey:500x2.")
    return "\n".join(lines)


class Faults:
    """The faults in force now, shared by all stand-ins of a run."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._active: list[Fault] = []
        self.replace(texts)

    def replace(self, texts: Iterable[str]) -> None:
        """Put these in force instead of all others, or raise `UnknownFault` and change none."""
        self._active = [parse_fault(text) for text in texts]

    def take(self, provider: str, *names: str, lasting: bool = False) -> Fault | None:
        """The provider's first active fault of these names (`status`: any status), used once.

        Args:
            lasting: ignore faults that are counted.
        """
        whole = _PART_OF.get(provider)
        for fault in self._active:
            named = fault.name in names or (fault.status is not None and "status" in names)
            if lasting and fault.left is not None:
                continue
            if fault.provider in {provider, whole} and named and fault.left != 0:
                if fault.left is not None:
                    fault.left -= 1
                return fault
        return None
