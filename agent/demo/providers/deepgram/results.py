"""`/v1/listen` (nova-3): interim and final results; silence ends an utterance."""

from __future__ import annotations

import re
from typing import Any

from agent.demo.providers.deepgram.listen import Listener, Result

CONFIDENCE = 0.95
"""The model gives none."""


class ResultsListener(Listener):
    """Serves one connection to `/v1/listen`."""

    silence_ms = 300
    """The plugin asks for 25 ms, which suits only the real model."""

    @property
    def _multi(self) -> bool:
        return self.query.get("language", "en").lower() == "multi"

    @property
    def transcribes(self) -> bool:
        english = self.query.get("language", "en").lower().split("-")[0] == "en"
        return super().transcribes and (english or self._multi)

    def on_start(self) -> None:
        super().on_start()
        self.results.put_nowait(Result(False, self.now.start_s, 0.0, None))

    async def close(self) -> None:
        await self.send({"type": "Metadata", "request_id": "stand-in", "channels": 1})
        await super().close()

    async def send_result(self, result: Result) -> None:
        if result.text is None:
            start = {"type": "SpeechStarted", "channel": [0], "timestamp": result.start_s}
            await self.send(start)
            return
        text: str | None = await result.text
        if result.is_final:
            text = await self.final(text or "", self.latency_s)
        if text or (result.is_final and text is not None):
            await self.send(self._message(result, text))

    def _message(self, result: Result, text: str) -> dict[str, Any]:
        words = timed_words(text, result.start_s, result.seconds)
        alternative: dict[str, Any] = {"transcript": text, "confidence": CONFIDENCE}
        alternative["words"] = [
            {
                **word,
                "word": re.sub(r"[^\w']", "", word["word"]).lower(),
                "punctuated_word": word["word"],
            }
            | ({"language": "en"} if self._multi else {})
            for word in words
        ]
        if self._multi:
            alternative["languages"] = ["en"]
        return {
            "type": "Results",
            "channel_index": [0, 1],
            "start": round(result.start_s, 2),
            "duration": round(result.seconds, 2),
            "is_final": result.is_final,
            "speech_final": result.is_final,
            "from_finalize": False,
            "channel": {"alternatives": [alternative]},
            "metadata": {"request_id": "stand-in", "model_uuid": "stand-in"},
        }


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
