"""One question of the script, and what an answer to it comes to; it asks nobody."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.demo.interlocutor.numbers import number_in
from agent.demo.interlocutor.tongue import TONGUES, Tongue
from agent.demo.interlocutor.wording import alike, plain, words

Value = bool | int | float | str
_LINE = re.compile(
    r"^\s*-\s*`?(?P<id>[a-z][a-z0-9_]*)`?\s*\((?P<kind>yes_no|choice|number|text)(?P<more>[^)]*)\)"
    r"\s*:\s*(?P<ask>.+)$"
)
_BRACKET = re.compile(r"\[([^\]]*)\]")
_LIMITS = re.compile(r"\s*\(([^,)]*)")
"""`(years, 0 to 60)` behind the question."""
_ARTICLES = frozenset(
    "a an the un una unos unas el la los las le les l der die das den dem ein eine einen einem"
    " in on at to of en au aux de del du im zu i ich je yo das".split()
)
_AGE = re.compile(
    r"\byears old\b|\bjahre alt\b|\btengo [\w ]{2,30} anos\b|\bj'ai [\w -]{2,30} ans\b"
)
_BOTH = re.compile(r"\b(?:both|ambos|ambas|los dos|las dos|les deux|beide[sn]?)\b")


@dataclass(frozen=True)
class Question:
    """As the instruction lists it."""

    id: str
    kind: str
    """yes_no, choice, number or text"""
    ask: str
    choices: dict[str, str] = field(default_factory=dict)
    """What each choice is called."""
    unit: str = ""

    @classmethod
    def from_line(cls, line: str) -> Question | None:
        """Read `- truck (choice): Which truck? [reach = a reach truck; …]`; None: another line."""
        match = _LINE.match(line)
        if match is None:
            return None
        choices: dict[str, str] = {}
        unit = match["more"].strip(" ,;")
        for bracket in _BRACKET.findall(match["ask"]):
            pairs = [pair.split("=", 1) for pair in bracket.split(";") if "=" in pair]
            choices |= {key.strip(): label.strip() for key, label in pairs}
            unit = unit if pairs else bracket.strip()
        ask, mark, rest = _BRACKET.sub("", match["ask"]).strip().rpartition("?")
        if limits := _LIMITS.match(rest):
            unit = unit or limits[1].strip()
        ask = ask + mark or rest
        return cls(match["id"], match["kind"], ask, choices, unit)

    def asked_in(self, text: str) -> bool:
        """Whether somebody put this question there, were it cut off in the middle."""
        said, ask = plain(text), plain(self.ask)
        if not ask:
            return False
        return ask in said or any(said.endswith(ask[:n]) for n in range(len(ask), 14, -1))

    def understood(self, text: str, language: str) -> Value | None:
        """The value of an answer; None: this is none that can be made out."""
        said = plain(text)
        tongue = TONGUES[language]
        if self.kind == "yes_no":
            return _yes_or_no(said, tongue)
        if self.kind == "number":
            found = number_in(text, language)
            nought = re.search(tongue.none, said) and not re.search(tongue.unsure, said)
            return 0 if found is None and nought else found
        if self.kind == "choice":
            return self._choice(said, tongue)
        return text.strip() or None

    def in_passing(self, text: str, language: str) -> Value | None:
        """The value where somebody says it without having been asked; strict."""
        said = plain(text)
        if self.kind == "number" and self.unit and not _AGE.search(said):
            return number_in(text, language, before=plain(self.unit.split()[-1])[:3])
        if self.kind == "choice":
            named = [c for c, label in self.choices.items() if _within(label, said)]
            unsure = TONGUES[language].unsure
            named = [c for c in named if not _hits(unsure, plain(self.choices[c]))]
            if len(named) == 1 and len(_telling(self.choices[named[0]])) > 1:
                return named[0]
        return None

    def _choice(self, said: str, tongue: Tongue) -> str | None:
        named = [c for c, label in self.choices.items() if _within(label, said)]
        if named:
            return max(named, key=lambda c: len(self.choices[c]))
        if said.replace(" ", "_") in self.choices:
            return said.replace(" ", "_")
        spoken = words(said)
        labels = {c: set(_telling(label)) for c, label in self.choices.items()}
        shared = set.intersection(*labels.values()) if len(labels) > 1 else set()
        scores = {
            choice: sum(any(alike(word, s) for s in spoken) for word in telling - shared)
            for choice, telling in labels.items()
        }
        best = [c for c, score in scores.items() if score and score == max(scores.values())]
        if len(best) == 1:
            return best[0]
        meant = self._by_place(said, tongue) if not best else None
        if meant is None and re.search(tongue.unsure, said):
            meant = self._only(lambda c, label: c == "unsure" or _hits(tongue.unsure, label))
        if meant is None and _BOTH.search(said):
            meant = self._only(lambda c, label: c == "both" or _hits(_BOTH.pattern, label))
        if meant is None and not best and _yes_or_no(said, tongue) is False:
            meant = self._only(
                lambda c, label: (
                    c == "none"
                    or (_hits(tongue.negative, label) and not _hits(tongue.unsure, label))
                )
            )
        return meant

    def _by_place(self, said: str, tongue: Tongue) -> str | None:
        """`the second one`"""
        ids = list(self.choices)
        for place, pattern in enumerate(tongue.ordinals):
            if re.search(pattern, said):
                index = -1 if place == len(tongue.ordinals) - 1 else place
                return ids[index] if index < len(ids) else None
        return None

    def _only(self, holds: Callable[[str, str], bool]) -> str | None:
        """The one choice of which it holds."""
        found = [c for c, label in self.choices.items() if holds(c, plain(label))]
        return found[0] if len(found) == 1 else None


def _hits(pattern: str, text: str) -> bool:
    return re.search(pattern, text) is not None


def _telling(label: str) -> list[str]:
    return [word for word in words(label) if word not in _ARTICLES]


def _within(label: str, said: str) -> bool:
    """Whether the label, but for its articles, is in what was said as it stands."""
    wanted = " ".join(_telling(label))
    spoken = " ".join(word for word in words(said) if word not in _ARTICLES)
    return bool(wanted) and f" {wanted} " in f" {spoken} "


def _yes_or_no(said: str, tongue: Tongue) -> bool | None:
    """Whichever is said first; of two at one place, the no (`no lo he…`)."""
    yes, no = re.search(tongue.yes, said), re.search(tongue.no, said)
    if yes and no:
        return yes.start() < no.start()
    return True if yes else False if no else None
