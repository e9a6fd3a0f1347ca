"""Speech recognition with a second provider, which gets the same audio if the first one fails.

livekit-agents' `stt.FallbackAdapter` (1.8.9) is not used: it never replaces a provider that returns
no words, and it loses the audio from before the change of provider.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any, Final, Protocol

from livekit import rtc
from livekit.agents import APIConnectionError, APIConnectOptions, APIError, utils
from livekit.agents.stt import STT, RecognizeStream, SpeechEvent

from agent.core.events import Events
from agent.core.log import logger
from agent.speech.failures import describe_failure
from agent.speech.gemini_transcription import GeminiTranscription
from agent.speech.recent_audio import RecentAudio

_CONNECT_OPTIONS: Final = APIConnectOptions(max_retry=0, timeout=2.5)
_RETRY_AFTER_S: Final = 10.0
"""A provider that failed is not tried again for this long."""


class _Stream(Protocol):
    def push_frame(self, frame: rtc.AudioFrame) -> None: ...
    async def __anext__(self) -> SpeechEvent: ...
    async def aclose(self) -> None: ...


class FailoverRecognition:
    """Recognises the audio of one conversation with the first or the second provider.

    Emits `ProviderFailed` if the second one fails; the session reports failures of the first one.
    """

    def __init__(self, first: STT[Any], second: GeminiTranscription | None, events: Events) -> None:
        self._first, self._second, self._events = first, second, events
        self._uses_second = False
        self._change = asyncio.Event()
        """Set if the current connection must be closed, to use another provider or to end."""
        self._recent = RecentAudio()
        """For the next connection."""
        self._stream: _Stream | None = None
        self._began_at = 0.0
        self._failed_at = {False: -math.inf, True: -math.inf}
        """When each provider failed last, by whether it is the second one."""

    def try_second(self) -> bool:
        """Send the audio without words to the second provider, if it can be used."""
        if self._second is None or self._uses_second or self._has_failed(second=True):
            return False
        # Not a warning: the sound may have no words, such as two coughs in a row.
        logger.info(
            "Deepgram recognised no words in a sound; Gemini tries the same sound",
            extra={"event": "stt_second_asked"},
        )
        self._use(second=True)
        return True

    def return_to_first(self) -> None:
        """Use the first provider again, because the second one recognised no words either."""
        if self._uses_second and not self._has_failed(second=False):
            self.forget()
            self._use(second=False)

    def forget(self) -> None:
        """Do not send the audio so far on the next connection: its words are answered, or lost."""
        self._recent.forget()

    def restart(self) -> None:
        """Open a new connection to the provider in use, and send it only the audio from now on."""
        # Do not let the plugin reconnect: its word times would begin at 0 again.
        self.forget()
        self._change.set()

    async def recognise(
        self, audio: AsyncIterable[rtc.AudioFrame]
    ) -> AsyncGenerator[SpeechEvent, None]:
        """Yield the speech events of the audio; raise APIError if no provider can be used."""
        self._began_at = time.time()
        pushing = asyncio.create_task(self._push(audio), name="push_audio")
        try:
            while True:
                second = self._uses_second
                try:
                    async for event in self._attempt():
                        yield event
                except APIError as e:
                    self._on_failure(e, second=second)
                    continue
                if pushing.done():
                    return
        finally:
            await utils.aio.cancel_and_wait(pushing)

    async def _attempt(self) -> AsyncGenerator[SpeechEvent, None]:
        """Use one connection until it fails, or until another provider must be used."""
        self._change.clear()
        stream = self._open()
        heard = False
        waiting = asyncio.ensure_future(self._change.wait())
        following: asyncio.Future[SpeechEvent] | None = None
        try:
            while True:
                following = asyncio.ensure_future(anext(stream))
                await asyncio.wait({following, waiting}, return_when=asyncio.FIRST_COMPLETED)
                if waiting.done():
                    return
                try:
                    event = following.result()
                except (StopAsyncIteration, APIError) as e:
                    if heard and not self._has_failed(second=self._uses_second):
                        # It has worked so far: reconnect once before changing the provider.
                        self._failed_at[self._uses_second] = time.monotonic()
                        return
                    if isinstance(e, APIError):
                        raise
                    raise APIConnectionError("the connection was closed") from None
                heard = True
                self._recent.follow_turn(event)
                yield event
        finally:
            # After `session.clear_user_turn`, another call of `recognise` may have replaced it.
            if self._stream is stream:
                self._stream = None
            pending: list[asyncio.Future[Any]] = [waiting]
            if following is not None:
                pending.append(following)
            await utils.aio.cancel_and_wait(*pending)
            await stream.aclose()

    def _open(self) -> _Stream:
        stream: _Stream
        if self._uses_second and self._second is not None:
            stream = self._second.stream()
        else:
            stream = self._first.stream(conn_options=_CONNECT_OPTIONS)
            assert isinstance(stream, RecognizeStream)
            since = time.time() - self._began_at - self._recent.duration_s
            stream.start_time_offset = max(since, 0.0)
        for frame in self._recent:
            stream.push_frame(frame)
        self._stream = stream
        return stream

    def _on_failure(self, error: APIError, *, second: bool) -> None:
        """Choose the next provider, or raise the error if there is none."""
        self._failed_at[second] = time.monotonic()
        if second and self._second is not None:
            self._events.emit(describe_failure("stt", error, "google", self._second.model))
        if self._second is None or self._has_failed(second=not second):
            self._use(second=False)
            raise error
        if not second:
            logger.warning(
                "Deepgram's speech recognition failed; using Gemini's. Check DEEPGRAM_API_KEY and "
                "Deepgram's status page",
                extra={"event": "stt_failed_over"},
            )
        self._use(second=not second)

    def _use(self, *, second: bool) -> None:
        self._uses_second = second
        self._change.set()

    def _has_failed(self, *, second: bool) -> bool:
        return time.monotonic() - self._failed_at[second] < _RETRY_AFTER_S

    async def _push(self, audio: AsyncIterable[rtc.AudioFrame]) -> None:
        async for frame in audio:
            self._recent.append(frame)
            if self._stream is not None:
                self._stream.push_frame(frame)
        self._change.set()
