"""The conversation so far, as far as a model can see it; it holds no opinion about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ToolCall:
    """A function the model called."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Response:
    """What a called function answered."""

    name: str
    content: dict[str, Any] = field(default_factory=dict)
    """As it is on the wire: `output`, `result` or `error`."""

    @property
    def text(self) -> str:
        found = (self.content.get(key) for key in ("output", "result", "error"))
        return str(next((value for value in found if value), ""))

    @property
    def says_what_is_open(self) -> bool:
        return bool(_NEXT.search(self.text) or _NONE_OPEN.search(self.text))

    @property
    def next(self) -> str | None:
        """The question that is open next."""
        found = _NEXT.search(self.text)
        return found[1] if found else None

    @property
    def unclear(self) -> bool:
        """The answer was not taken."""
        return "error" in self.content or bool(_UNCLEAR.search(self.text))


_NEXT = re.compile(r"\bnext:\s*[`'\"]?([A-Za-z][\w-]*)")
_NONE_OPEN = re.compile(r"\bnone open\b", re.I)
_UNCLEAR = re.compile(
    r"\b(?:unclear|not clear|not (?:saved|understood|valid)|once more|leave it)\b", re.I
)


@dataclass(frozen=True)
class Turn:
    """One entry of the conversation."""

    who: str
    """`trainee` or `model`"""
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    responses: tuple[Response, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What the model answers: text, calls, or both."""

    text: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    """`{"name": …, "args": {…}}` each."""


class Conversation:
    """Questions one asks of the turns."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self.turns = list(turns)

    @property
    def said(self) -> str:
        """What the trainee said last."""
        spoken = (turn.text for turn in reversed(self.turns) if turn.who == "trainee")
        return next((text for text in spoken if text), "")

    @property
    def by_model(self) -> list[str]:
        """What the model has said, oldest first."""
        return [turn.text for turn in self.turns if turn.who == "model" and turn.text]

    @property
    def answered(self) -> list[Response]:
        """The functions' answers that nobody has reacted to yet."""
        found: list[Response] = []
        for turn in reversed(self.turns):
            if not turn.responses:
                break
            found = [*turn.responses, *found]
        return found

    @property
    def exchanges(self) -> list[tuple[ToolCall, Response]]:
        """Every call that has been answered, oldest first."""
        waiting: list[ToolCall] = []
        found = []
        for turn in self.turns:
            waiting += turn.calls
            for response in turn.responses:
                call = next((c for c in waiting if c.name == response.name), None)
                if call is not None:
                    waiting.remove(call)
                    found.append((call, response))
        return found

    @property
    def switched_to(self) -> str:
        """The locale of the last switch of language; empty where there was none."""
        done = (c for c, r in self.exchanges if c.name == "switch_language" and not r.unclear)
        return next((str(call.args.get("locale", "")) for call in reversed(list(done))), "")
