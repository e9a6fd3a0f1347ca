"""Captions: what was said, by whom and when, as WebVTT (https://www.w3.org/TR/webvtt1/)."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Literal

from livekit.agents.llm import ChatMessage

SPEAKERS = {"guide": "Guide", "trainee": "Trainee"}
_SENTENCES = re.compile(r"(?<=[.!?…])\s+")
_TYPED_S = 2.0
"""How long a typed line is shown."""
_WORD_S = 0.35
"""What a word takes, where nobody knows how long it really took."""
_LEAST_S = 0.3


@dataclass(frozen=True)
class Cue:
    """One line; times are time.time()."""

    who: Literal["guide", "trainee"]
    text: str
    begins: float
    ends: float


class Captions:
    """Collects what is said, and writes it down."""

    def __init__(self) -> None:
        self._cues: list[Cue] = []

    def add(self, message: ChatMessage, text: str, *, typed: bool) -> None:
        """Add what was just said; the times are those of its speech, where there was one."""
        began = message.metrics.get("started_speaking_at")
        ended = message.metrics.get("stopped_speaking_at")
        about_s = _TYPED_S if typed else len(text.split()) * _WORD_S
        if began is None:
            began = message.created_at if typed or ended is None else ended - about_s
        if ended is None or ended <= began:
            ended = began + about_s
        who: Literal["guide", "trainee"] = "trainee" if message.role == "user" else "guide"
        self._cues += _by_sentence(Cue(who, text, began, ended))

    def as_webvtt(self, began_at: float, length_s: float) -> str:
        """All of it.

        Args:
            began_at: the recording's first moment, as time.time().
            length_s: of the recording; what was said later is not in it.
        """
        blocks = ["WEBVTT"]
        for cue in sorted(self._cues, key=lambda cue: cue.begins):
            begins = max(cue.begins - began_at, 0.0)
            ends = min(cue.ends - began_at, length_s)
            if ends - begins >= min(_LEAST_S, cue.ends - cue.begins):
                text = html.escape(" ".join(cue.text.split()), quote=False)
                times = f"{_clock(begins)} --> {_clock(ends)}"
                blocks.append(f"{times}\n<v {SPEAKERS[cue.who]}>{text}</v>")
        return "\n\n".join(blocks) + "\n"


def _by_sentence(cue: Cue) -> list[Cue]:
    """A cue a sentence, each with the share of time that its length has."""
    sentences = [text for text in _SENTENCES.split(cue.text.strip()) if text]
    whole = sum(map(len, sentences)) or 1
    cues, at = [], cue.begins
    for text in sentences:
        ends = at + (cue.ends - cue.begins) * len(text) / whole
        cues.append(Cue(cue.who, text, at, ends))
        at = ends
    return cues


def _clock(seconds: float) -> str:
    """`00:01:02.345`"""
    whole_ms = round(seconds * 1000)
    minutes, ms = divmod(whole_ms, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02}.{ms % 1000:03}"
