"""Results of Deepgram's `/v1/listen`, in the shape in which it sends them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

_CONFIDENCE = 0.95
"""The model gives none."""


@dataclass(frozen=True)
class Result:
    """Something to be sent, in order; its text may still be computed."""

    kind: str
    """`start`, `interim` or `final`"""
    start_s: float
    seconds: float = 0.0
    text: asyncio.Task[str] | None = None

    def message(self, text: str, multi: bool) -> dict[str, Any]:
        """As it is sent; `multi`: the connection asked for several languages."""
        words = self._words(text)
        alternative: dict[str, Any] = {
            "transcript": text,
            "confidence": _CONFIDENCE,
            "words": words,
        }
        if multi:
            alternative["languages"] = ["en"]
            for word in words:
                word["language"] = "en"
        return {
            "type": "Results",
            "channel_index": [0, 1],
            "start": round(self.start_s, 2),
            "duration": round(self.seconds, 2),
            "is_final": self.kind != "interim",
            "speech_final": self.kind != "interim",
            "from_finalize": False,
            "channel": {"alternatives": [alternative]},
            "metadata": {"request_id": "stand-in", "model_uuid": "stand-in"},
        }

    def _words(self, text: str) -> list[dict[str, Any]]:
        """The words, with times by their length: the model gives none."""
        total = sum(len(word) + 1 for word in text.split()) or 1
        words, at = [], self.start_s
        for word in text.split():
            end = at + self.seconds * (len(word) + 1) / total
            times = {"start": round(at, 3), "end": round(end, 3), "confidence": _CONFIDENCE}
            bare = re.sub(r"[^\w']", "", word).lower()
            words.append({"word": bare, "punctuated_word": word, **times})
            at = end
        return words
