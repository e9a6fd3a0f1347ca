"""Captions of a recording as WebVTT (https://www.w3.org/TR/webvtt1/)."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Literal

from livekit.agents.llm import ChatMessage

_SPEAKERS = {"guide": "Guide", "trainee": "Trainee"}
_SENTENCES = re.compile(r"(?<=[.!?…])\s+")
_TYPED_S = 2.0
"""How long a typed line is shown, in seconds."""
_WORD_S = 0.35
"""Estimated duration of a spoken word, if the duration of the line is unknown."""
_MIN_CUE_S = 0.3


@dataclass(frozen=True)
class Cue:
    """One caption; times are Unix times in seconds."""

    who: Literal["guide", "trainee"]
    text: str
    starts: float
    ends: float


class Captions:
    """Collects the lines of a conversation."""

    def __init__(self) -> None:
        self._cues: list[Cue] = []

    def add(self, message: ChatMessage, text: str, *, typed: bool) -> None:
        """Add a line with the times at which it was spoken; estimate them if they are unknown."""
        started = message.metrics.get("started_speaking_at")
        ended = message.metrics.get("stopped_speaking_at")
        estimated_s = _TYPED_S if typed else len(text.split()) * _WORD_S
        if started is None:
            started = message.created_at if typed or ended is None else ended - estimated_s
        if ended is None or ended <= started:
            ended = started + estimated_s
        who: Literal["guide", "trainee"] = "trainee" if message.role == "user" else "guide"
        self._cues += _by_sentence(Cue(who, text, started, ended))

    def as_webvtt(self, started_at: float, length_s: float) -> str:
        """Return all captions.

        Args:
            started_at: time of the first moment of the recording (Unix time in seconds).
            length_s: length of the recording; lines after its end are left out.
        """
        blocks = ["WEBVTT"]
        for cue in sorted(self._cues, key=lambda cue: cue.starts):
            starts = max(cue.starts - started_at, 0.0)
            ends = min(cue.ends - started_at, length_s)
            if ends - starts >= min(_MIN_CUE_S, cue.ends - cue.starts):
                text = html.escape(" ".join(cue.text.split()), quote=False)
                times = f"{_clock(starts)} --> {_clock(ends)}"
                blocks.append(f"{times}\n<v {_SPEAKERS[cue.who]}>{text}</v>")
        return "\n\n".join(blocks) + "\n"


def _by_sentence(cue: Cue) -> list[Cue]:
    """Split a cue into sentences; each gets a share of the time by its length."""
    sentences = [text for text in _SENTENCES.split(cue.text.strip()) if text]
    whole = sum(map(len, sentences)) or 1
    cues, at = [], cue.starts
    for text in sentences:
        ends = at + (cue.ends - cue.starts) * len(text) / whole
        cues.append(Cue(cue.who, text, at, ends))
        at = ends
    return cues


def _clock(seconds: float) -> str:
    """`00:01:02.345`"""
    whole_ms = round(seconds * 1000)
    minutes, ms = divmod(whole_ms, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02}.{ms % 1000:03}"
