"""`/v1/listen` (nova-3): interim and final results; silence ends an utterance."""

from __future__ import annotations

import re
from typing import Any

from agent.demo.providers.deepgram.listen import ResultsListener

CONFIDENCE = 0.95
"""The model gives none."""


class ListenV1(ResultsListener):
    """Serves one connection to `/v1/listen`."""

    silence_ms = 300
    """The plugin asks for 25 ms, which suits only the real model."""

    @property
    def _language(self) -> str:
        return self.query.get("language", "en").lower().split("-")[0]

    @property
    def transcribes(self) -> bool:
        return super().transcribes and self._language in ("en", "multi")

    async def on_start(self) -> None:
        await super().on_start()
        timestamp = self.now.start_s
        await self.send({"type": "SpeechStarted", "channel": [0], "timestamp": timestamp})

    async def on_close(self) -> None:
        await self.send({"type": "Metadata", "request_id": "stand-in", "channels": 1})

    async def send_result(self, text: str, *, is_final: bool) -> None:
        start_s, seconds = self.now.start_s, self.now.heard_s
        alternative: dict[str, Any] = {"transcript": text, "confidence": CONFIDENCE}
        alternative["words"] = timed_words(text, start_s, seconds)
        for word in alternative["words"]:
            word["punctuated_word"] = word["word"]
            word["word"] = re.sub(r"[^\w']", "", word["word"]).lower()
        if self._language == "multi":
            alternative["languages"] = ["en"]
            for word in alternative["words"]:
                word["language"] = "en"
        await self.send(
            {
                "type": "Results",
                "channel_index": [0, 1],
                "start": round(start_s, 2),
                "duration": round(seconds, 2),
                "is_final": is_final,
                "speech_final": is_final,
                "from_finalize": False,
                "channel": {"alternatives": [alternative]},
                "metadata": {"request_id": "stand-in", "model_uuid": "stand-in"},
            }
        )


def timed_words(text: str, start_s: float, seconds: float) -> list[dict[str, Any]]:
    """Return the words with times estimated from their length, because the model gives none."""
    total = sum(len(word) + 1 for word in text.split()) or 1
    words, at = [], start_s
    for word in text.split():
        end = at + seconds * (len(word) + 1) / total
        times = {"start": round(at, 3), "end": round(end, 3), "confidence": CONFIDENCE}
        words.append({"word": word, **times})
        at = end
    return words
