"""Quoted: what the platform or the trainee wrote, as an instruction to the LLM holds it."""

from __future__ import annotations

from typing import Any, SupportsIndex


class Quoted(str):
    """Stands between double quotes, which it cannot close; is compared and cut as if it did not.

    `{% if role == "picker" %}` means the same in a persona as in an opening, and so does
    `name.split(" ")[0]`.
    """

    _plain: str

    def __new__(cls, text: str) -> Quoted:
        """Empty where there is nothing."""
        plain = str(text).replace('"', "'")
        quoted = super().__new__(cls, f'"{plain}"' if plain else "")
        quoted._plain = plain
        return quoted

    def __eq__(self, other: object) -> bool:
        return self._plain == (other._plain if isinstance(other, Quoted) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._plain)

    def __getitem__(self, key: SupportsIndex | slice) -> Quoted:
        return Quoted(self._plain[key])

    def lower(self) -> Quoted:
        return Quoted(self._plain.lower())

    def upper(self) -> Quoted:
        return Quoted(self._plain.upper())

    def capitalize(self) -> Quoted:
        return Quoted(self._plain.capitalize())

    def title(self) -> Quoted:
        return Quoted(self._plain.title())

    def strip(self, *given: Any) -> Quoted:
        return Quoted(self._plain.strip(*given))

    def split(self, *given: Any, **named: Any) -> list[Any]:
        return [Quoted(part) for part in self._plain.split(*given, **named)]

    def startswith(self, *given: Any) -> bool:
        return self._plain.startswith(*given)

    def endswith(self, *given: Any) -> bool:
        return self._plain.endswith(*given)
