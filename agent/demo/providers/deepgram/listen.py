"""One Deepgram `/v1/listen` connection: sound in, real transcripts out."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Coroutine, Mapping
from typing import Any

import numpy as np
from aiohttp import WSMessage, WSMsgType, web

from agent.demo.providers.deepgram.endpointing import Endpointer
from agent.demo.providers.deepgram.results import Result, as_message
from agent.demo.providers.deepgram.scripted_speech import Heard, Hears
from agent.demo.providers.faults import Faults
from agent.demo.providers.speech import Recogniser, Samples
from agent.demo.providers.wire import Call, drop

_ENDPOINTING_MS = 300
"""Silence that ends an utterance. The plugin asks for 25, made for a model that knows pauses."""
_AHEAD_MS = 160
"""Recognition begins after this much silence, in the hope that it is the end."""
_INTERIM_MS = 500
_LONG_MS, _BREATH_MS = 12_000, 100
"""A longer utterance is cut at the next pause, and goes on as another result."""
_LONGEST_MS = 25_000
_SHORTEST_MS = 120
"""Less sound than this is a click or a breath; asked, the model would make a word of it."""
_NO_SOUND_S = 0.6
"""A sender who stops in the middle of speech (a muted microphone) has ended the utterance."""
_SEND_TIMEOUT_S = 5.0


class Listener:
    """Serves one connection until either side ends it."""

    def __init__(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        *,
        recogniser: Recogniser,
        hears: Hears,
        faults: Faults,
        call: Call,
        extra_s: float,
    ) -> None:
        query = request.query
        self._request, self._socket, self._query = request, socket, query
        self._recogniser, self._faults, self._call = recogniser, faults, call
        self._hears = hears
        self._extra_s = extra_s
        self._rate = int(query.get("sample_rate", "16000"))
        self._ear = Endpointer(self._rate)
        self._unread = np.zeros(0, np.int16)
        self._results: asyncio.Queue[Result | None] = asyncio.Queue()
        self._guess: asyncio.Task[Heard] | None = None
        self._interim_at_ms = 0
        self._call.detail["heard"] = []
        self._transcribes = not recogniser.unavailable and _is_english(query.get("language", "en"))
        self._drop_at_ms: float | None = None
        self._request_id = str(uuid.uuid4())

    @property
    def can_recognise(self) -> bool:
        """Whether this connection gets transcripts at all."""
        return self._transcribes

    async def run(self) -> None:
        """Until CloseStream, or the connection is gone."""
        sending = asyncio.create_task(self._send_results())
        try:
            await self._read()
            self._finish_utterance(final=True, finalised=True)
            self._results.put_nowait(None)
            await asyncio.wait({sending}, timeout=10)
        finally:
            for task in (sending, self._guess):
                if task:
                    task.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _read(self) -> None:
        while True:
            timeout = _NO_SOUND_S if self._ear.speaking else None
            try:
                message: WSMessage = await self._socket.receive(timeout)
            except TimeoutError:
                self._finish_utterance(final=True)
                continue
            if message.type == WSMsgType.BINARY:
                if self._transcribes or self._hears.waiting or self._ear.speaking:
                    self._hear(message.data)
            elif message.type == WSMsgType.TEXT:
                kind = _type_of(message.data)
                if kind == "CloseStream":
                    return
                if kind == "Finalize":
                    self._finish_utterance(final=True, finalised=True)
            else:
                return

    def _hear(self, data: bytes) -> None:
        sound = np.frombuffer(data[: len(data) // 2 * 2], np.int16)
        self._unread = np.concatenate([self._unread, sound])
        size = self._ear.frame_samples
        while len(self._unread) >= size:
            frame, self._unread = self._unread[:size], self._unread[size:]
            if self._ear.push(frame):
                self._interim_at_ms = _INTERIM_MS
                fault = self._faults.take("stt", "drop")
                self._drop_at_ms = fault.value * 1000 if fault else None
                if self._query.get("vad_events") == "true":
                    self._results.put_nowait(
                        Result(kind="SpeechStarted", start_s=self._ear.start_s)
                    )
            elif self._ear.speaking:
                self._follow()

    def _follow(self) -> None:
        """What the last frame of a running utterance means."""
        ear = self._ear
        if self._drop_at_ms is not None and ear.said_ms >= self._drop_at_ms:
            drop(self._request, reset=False)
            return
        wanted = max(_ENDPOINTING_MS, _number(self._query.get("endpointing")))
        if ear.quiet_ms >= wanted:
            self._finish_utterance(final=True)
        elif ear.said_ms > _LONGEST_MS or (ear.said_ms > _LONG_MS and ear.quiet_ms >= _BREATH_MS):
            self._finish_utterance(final=False)
        elif ear.quiet_ms == _AHEAD_MS:
            self._guess = asyncio.create_task(self._recognise())
        elif ear.quiet_ms == 0:
            self._guess = None  # not the end after all; the recogniser's work is thrown away
            if (
                ear.said_ms >= self._interim_at_ms
                and self._query.get("interim_results") == "true"
                and self._recogniser.idle
                and self._results.empty()
            ):
                self._interim_at_ms = ear.said_ms + _INTERIM_MS
                task = asyncio.create_task(self._recognise())
                self._results.put_nowait(self._result(task, kind="interim"))

    def _finish_utterance(self, *, final: bool, finalised: bool = False) -> None:
        """Queue the result of what was said; `final`: the speaker has stopped."""
        if not self._ear.speaking:
            return
        if given := self._given():
            if not final:
                return  # words are given for a whole utterance
            self._hears.take()
            task = asyncio.create_task(_as_it_is(given))
        else:
            task = self._guess or asyncio.create_task(self._recognise())
        self._guess = None
        kind = "finalised" if finalised else "final" if final else "part"
        self._results.put_nowait(self._result(task, kind=kind))
        self._ear.end()

    def _result(self, task: asyncio.Task[Heard], *, kind: str) -> Result:
        seconds = (self._ear.said_ms - self._ear.quiet_ms) / 1000
        return Result(kind=kind, text=task, start_s=self._ear.start_s, seconds=seconds)

    def _given(self) -> Heard | None:
        """What this utterance is to be heard as, by `PUT /deepgram/hears`."""
        return self._hears.waiting if self._ear.loud_ms >= _SHORTEST_MS else None

    def _recognise(self) -> Coroutine[Any, Any, Heard]:
        """Recognise what has been said up to now."""
        if given := self._given():
            return _as_it_is(given.begun)
        said = self._ear.said if self._ear.loud_ms >= _SHORTEST_MS else None
        return self._text_of(said)

    async def _text_of(self, said: Samples | None) -> Heard:
        if said is None or not self._transcribes:
            return Heard("")
        return Heard(await self._recogniser.recognise(said, self._rate))

    async def _send_results(self) -> None:
        while (result := await self._results.get()) is not None:
            if result.text is None:
                start = {"type": "SpeechStarted", "channel": [0], "timestamp": result.start_s}
                await self._send(start)
                continue
            heard = await result.text
            if result.kind == "interim":
                if heard.text:
                    await self._send(as_message(result, heard, self._query, self._request_id))
                continue
            if self._faults.take("stt", "never-final"):
                continue
            slow = self._faults.take("stt", "slow")
            await asyncio.sleep(slow.value if slow else self._extra_s)
            if self._faults.take("stt", "blank"):
                heard = Heard("", heard.language)
            if self._faults.take("stt", "garbage"):
                await self._socket.send_str('{"type": "Results", "chann')
                await self._send({"type": "SomethingNew", "value": 1})
                await self._send({"type": "Results"})
            self._call.detail["heard"].append(heard.text)
            await self._send(as_message(result, heard, self._query, self._request_id))
            if result.kind != "part" and self._query.get("utterance_end_ms"):
                end = round(result.start_s + result.seconds, 2)
                await self._send({"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": end})

    async def _send(self, message: Mapping[str, Any]) -> None:
        if not self._socket.closed:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._socket.send_str(json.dumps(message))


async def _as_it_is(heard: Heard) -> Heard:
    return heard


def _is_english(language: str) -> bool:
    return language == "multi" or language.lower().split("-")[0] == "en"


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _type_of(text: str) -> str:
    try:
        message = json.loads(text)
    except ValueError:
        return ""
    return str(message.get("type", "")) if isinstance(message, dict) else ""
