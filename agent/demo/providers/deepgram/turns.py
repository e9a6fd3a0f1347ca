"""`/v2/listen` (Flux). The longer the silence, the higher the confidence that the turn is over.

Messages: https://developers.deepgram.com/reference/speech-to-text/listen-flux. The state machine:
https://developers.deepgram.com/docs/flux/state. Latencies: EndOfTurn has a median of under 300 ms
and a p95 of 1.5 s (https://www.together.ai/models/flux). With thresholds of 0.5 to 0.3,
EagerEndOfTurn comes 150 to 250 ms before it
(https://developers.telnyx.com/docs/voice/stt/websocket-streaming/parameters/end-of-turn).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from multidict import MultiDict

from agent.demo.providers.deepgram.listen import Listener, timed_words
from agent.demo.providers.deepgram.rules import refused_option

_UPDATE_MS = 240
"""Flux sends an Update about four times a second. After the first words, this stand-in sends half
as many."""
_PAUSE_MS = 40
"""Silence after which the words so far are recognised."""
_SILENCE_MS, _CONFIDENCE = (0, 120, 360, 600), (0.0, 0.4, 0.7, 1.0)
"""The confidence after this much silence; the latency is included. EndOfTurn is slower than
Deepgram's median: without Deepgram's model, shorter pauses in a sentence would end the turn."""
_UNDECIDED_MS = 80
"""Silence until which nothing is decided."""
_SLOWNESS = (1, 3.7, 6, 6)
"""How many times as long it takes with no, one, two and three doubts that the sentence is over:
in its words, in its sound, and, if there is a doubt, in its words after more silence."""
_SOUND_MS, _OPEN_SOUND = 200, 0.15
"""After this much silence, a lower probability of the turn detector is a doubt."""
_AGAIN_MS = (160, 220)
"""Silence after which unfinished words are recognised again. If the model has made a full stop of
their comma both times, the words raise no doubt. It does so after most sentences and few pauses."""
_WORDS_MS = 400
"""By now, the model has also made a full stop after more pauses, but not of "And I say,"."""
_GOES_ON = re.compile(
    r"(?:,|-|…|\.\.\.|\b(?:and|or|but|so|because|if|the|a|an|to|of|for|from|with|in|at|by|um|uh|er"
    r"|my|your|i|we|like|when|where|which|who)[.,!?]*)$",
    re.I,
)


@dataclass
class _Turn:
    """The current turn of the speaker."""

    update_at_ms: int = _UPDATE_MS
    is_started: bool = False
    """StartOfTurn was sent: Flux sends it with the first words, so that noise starts no turn."""
    is_eager: bool = False
    """EagerEndOfTurn was sent, and neither TurnResumed nor EndOfTurn yet."""
    pause_text: str | None = None
    """The words before the current pause."""
    doubts: int = 0
    """See `_SLOWNESS`."""
    finished: int = 0
    """How often unfinished words were finished when they were recognised again."""


class TurnsListener(Listener):
    """Serves one connection to `/v2/listen`."""

    latency_s = 0.0
    _turn = _Turn()
    _index = 0
    _sequence = -1
    _options: MultiDict[str] = MultiDict()
    """The query, and what Configure has changed."""

    async def converse(self) -> None:
        self._options = MultiDict(self.query)
        await self._send("Connected")
        await super().converse()

    async def on_start(self) -> None:
        self._turn = _Turn()

    async def on_frame(self) -> None:
        turn, quiet_ms = self._turn, self.now.quiet_ms
        if quiet_ms == 0:
            if turn.is_eager:
                turn.is_eager = False
                await self._report("TurnResumed", await self._text())
            elif turn.pause_text is not None or (
                self.now.said_ms >= turn.update_at_ms and self.has_time
            ):
                turn.update_at_ms = self.now.said_ms + _UPDATE_MS * (1 + turn.is_started)
                await self._report("Update", await self._text())
            turn.pause_text = None
            return
        decides = quiet_ms > _UNDECIDED_MS
        if turn.pause_text is None and quiet_ms >= _PAUSE_MS and (self.has_time or decides):
            turn.pause_text = await self.recognise()
            turn.doubts, turn.finished = goes_on(turn.pause_text), 0
        if turn.pause_text is None or not decides:
            return
        if quiet_ms in _AGAIN_MS and goes_on(turn.pause_text):
            turn.finished += not goes_on(await self.recognise())
            turn.doubts -= turn.finished == len(_AGAIN_MS)
        elif quiet_ms == _SOUND_MS:
            turn.doubts += await self.detector.probability(self.now.said) < _OPEN_SOUND
        elif quiet_ms == _WORDS_MS and turn.doubts:
            turn.doubts += goes_on(await self.recognise())
        timed_out = quiet_ms >= self._number("eot_timeout_ms", 5_000)
        if self._confidence >= self._number("eot_threshold", 0.7) or timed_out:
            await self.end_utterance()
        elif self._confidence >= self._number("eager_eot_threshold", 2) and not turn.is_eager:
            turn.is_eager = True
            await self._report("EagerEndOfTurn", turn.pause_text)

    async def on_end(self) -> None:
        text = await self.final(await self._text())
        if text is not None and (text or self._turn.is_started):
            await self._report("EndOfTurn", text)
            self._index += 1

    async def on_command(self, command: dict[str, Any]) -> None:
        """Answer Configure (https://developers.deepgram.com/docs/flux/configure)."""
        if command.get("type") != "Configure":
            description = "Could not deserialize last text message"
            await self._send("Error", code="UNPARSABLE_CLIENT_MESSAGE", description=description)
            return
        options = MultiDict(self._options)
        for name, value in command.get("thresholds", {}).items():
            options[name] = str(value)
        for name, parameter in (("keyterms", "keyterm"), ("language_hints", "language_hint")):
            if name in command:
                options.popall(parameter, None)
                options.extend((parameter, str(value)) for value in command[name])
        if refused_option("/v2/listen", options):
            await self._send("ConfigureFailure")
            return
        self._options = options
        self.call.detail["keyterms"] = self._all("keyterm")
        names = ("eager_eot_threshold", "eot_threshold", "eot_timeout_ms")
        thresholds = {name: float(options[name]) for name in names if name in options}
        await self._send("ConfigureSuccess", thresholds=thresholds, keyterms=self._all("keyterm"))

    async def _report(self, event: str, text: str) -> None:
        """Send an event of the turn; Flux reports no turn without words."""
        if not self._turn.is_started and text:
            self._turn.is_started = True
            await self._send_turn("StartOfTurn", text)
            if event == "Update":
                return
        if text or event == "EndOfTurn":
            await self._send_turn(event, text)

    async def _send_turn(self, event: str, text: str) -> None:
        hints, start_s, seconds = self._all("language_hint"), self.now.start_s, self.now.heard_s
        multi = self.query["model"] == "flux-general-multi"
        await self._send(
            "TurnInfo",
            event=event,
            turn_index=self._index,
            audio_window_start=round(start_s, 2),
            audio_window_end=round(start_s + seconds, 2),
            transcript=text,
            words=timed_words(text, start_s, seconds),
            end_of_turn_confidence=round(self._confidence, 2),
            **({"languages": ["en"]} if multi else {}),
            **({"languages_hinted": hints} if hints else {}),
        )

    async def _send(self, kind: str, **fields: Any) -> None:
        self._sequence += 1
        message = {"type": kind, "request_id": "stand-in", "sequence_id": self._sequence}
        await self.send(message | fields)

    async def _text(self) -> str:
        """The words of the turn so far; if it pauses, those before the pause."""
        return self._turn.pause_text or await self.recognise()

    @property
    def _confidence(self) -> float:
        """The confidence that the turn is over; 0 until the words are known."""
        turn = self._turn
        return 0.0 if turn.pause_text is None else confidence(turn.doubts, self.now.quiet_ms)

    def _number(self, name: str, default: float) -> float:
        return float(self._options.get(name, default))

    def _all(self, name: str) -> list[str]:
        return self._options.getall(name, [])


def confidence(doubts: int, quiet_ms: float) -> float:
    """Return how certain Flux is after this much silence, from 0 to 1."""
    return float(np.interp(quiet_ms / _SLOWNESS[doubts], _SILENCE_MS, _CONFIDENCE))


def goes_on(text: str) -> bool:
    """True if the words do not sound like the end of a sentence."""
    return _GOES_ON.search(text) is not None
