"""Results of Deepgram's `/v1/listen`, in the shape that it sends them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from agent.demo.providers.deepgram.scripted_speech import Heard

_CONFIDENCE = 0.95
"""The model gives none."""


class Result:
    """Something to be sent, in order; its text may still be on its way."""

    def __init__(
        self,
        *,
        kind: str,
        text: asyncio.Task[Heard] | None = None,
        start_s: float = 0.0,
        seconds: float = 0.0,
    ) -> None:
        self.kind, self.text, self.start_s, self.seconds = kind, text, start_s, seconds


def as_message(
    result: Result, heard: Heard, query: Mapping[str, str], request_id: str
) -> dict[str, Any]:
    """The result as it is sent; `query`: what the connection asked for."""
    punctuated = query.get("punctuate") == "true"
    words = _spread(heard.text, result.start_s, result.seconds)
    transcript = heard.text if punctuated else " ".join(word["word"] for word in words)
    alternative: dict[str, Any] = {
        "transcript": transcript,
        "confidence": _CONFIDENCE,
        "words": words,
    }
    if query.get("language") == "multi":
        alternative["languages"] = [heard.language]
        for word in words:
            word["language"] = heard.language
    return {
        "type": "Results",
        "channel_index": [0, 1],
        "start": round(result.start_s, 2),
        "duration": round(result.seconds, 2),
        "is_final": result.kind != "interim",
        "speech_final": result.kind in {"final", "finalised"},
        "from_finalize": result.kind == "finalised",
        "channel": {"alternatives": [alternative]},
        "metadata": {
            "request_id": request_id,
            "model_info": {
                "name": "moonshine-tiny-en",
                "version": "0.0.73",
                "arch": "stand-in",
            },
            "model_uuid": "stand-in",
        },
    }


def _spread(text: str, start_s: float, seconds: float) -> list[dict[str, Any]]:
    """The words with times spread by their length: the model gives none."""
    words = text.split()
    total = sum(len(word) + 1 for word in words) or 1
    spread, at = [], start_s
    for word in words:
        end = at + seconds * (len(word) + 1) / total
        bare = re.sub(r"[^\w']", "", word).lower()
        spread.append(
            {
                "word": bare,
                "punctuated_word": word,
                "start": round(at, 3),
                "end": round(end, 3),
                "confidence": _CONFIDENCE,
            }
        )
        at = end
    return spread
