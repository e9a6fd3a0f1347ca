"""Providers: Gemini, Deepgram, the fallback adapters, and the early replies of a session.

The import replaces `_requires_thought_signatures` of the Gemini plugin, and `_try_recovery` of
`FallbackLLMStream` and of `FallbackSynthesizeStream`, for the whole process.
"""

from __future__ import annotations

import asyncio
import re
import time
from abc import ABC
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp import WSMsgType
from google import genai
from google.genai import types
from livekit.agents import AgentSession, APIConnectionError, inference, llm
from livekit.agents.inference.eot.languages import LOCAL_LANGUAGES
from livekit.agents.llm.fallback_adapter import FallbackLLMStream
from livekit.agents.tts.fallback_adapter import FallbackSynthesizeStream
from livekit.plugins import deepgram, google


def set_gemini_tts_timeout(
    voice: google.beta.GeminiTTS, access: Mapping[str, Any], timeout_ms: int
) -> None:
    """Give a Gemini voice a time limit for each request.

    The plugin has no option for it and waits without limit
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-plugins/livekit-plugins-google/livekit/plugins/google/beta/gemini_tts.py).
    The client would send the same limit to Google, which refuses less than 10 s with status 400.
    """
    options = types.HttpOptions(timeout=timeout_ms, headers={"X-Server-Timeout": "10"})
    voice._client = genai.Client(**access, http_options=options)


_IDLE_CONNECTION_S: Final = 120.0
"""As in livekit-agents' own session, which the other providers use."""


async def keep_idle_connections(model: google.LLM) -> None:
    """Let a Gemini model use a connection again that was idle for up to two minutes.

    google-genai 3.4 has aiohttp's default, 15 s, and no option for it. A line and the trainee's
    answer often take longer, so that the reply would wait for a new connection and for TLS: two to
    three round trips.
    """
    session = await model._client._api_client._get_aiohttp_session()
    connector = getattr(session, "connector", None)
    if isinstance(connector, aiohttp.TCPConnector):
        connector._keepalive_timeout = _IDLE_CONNECTION_S


class ReplyCutShortError(APIConnectionError):
    """The reply ended in the middle: the model has no tokens left, or the connection was lost."""

    def __init__(self) -> None:
        super().__init__("gemini: the reply was cut short", retryable=False)


class GeminiLLM(google.LLM):
    """The Gemini plugin's model. It raises `ReplyCutShortError` after such a reply.

    The plugin does not say why a reply ended
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-plugins/livekit-plugins-google/livekit/plugins/google/llm.py).

    It also continues function calls that it did not make.

    Gemini 3 and later refuse a function call without its thought signature. The plugin keeps only
    the signatures of its own model. It keeps none of a model with a name like
    `gemini-flash-latest` (https://github.com/livekit/agents/issues/6135). For other calls, Google
    documents a value that it accepts: https://ai.google.dev/gemini-api/docs/thought-signatures.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.own_calls: set[str] = set()
        """Ids of the function calls that this model has made."""
        self._thought_signatures = _Signatures(self.own_calls)
        models = self._client.aio.models
        models.generate_content_stream = _checked(models.generate_content_stream)  # type: ignore[method-assign]


def _checked(generate: Callable[..., Awaitable[AsyncIterator[Any]]]) -> Callable[..., Any]:
    """Raise an error at the end of a stream whose reply is not complete."""

    async def generate_checked(**request: Any) -> AsyncIterator[Any]:
        responses = await generate(**request)

        async def checked() -> AsyncIterator[Any]:
            reason = None
            async for response in responses:
                for candidate in response.candidates or ():
                    reason = candidate.finish_reason or reason
                yield response
            if reason in (None, types.FinishReason.MAX_TOKENS):
                raise ReplyCutShortError
            if reason not in (types.FinishReason.STOP, types.FinishReason.CONTINUATION):
                # Such as a function call that Gemini could not write: it is missing.
                raise APIConnectionError(f"gemini: {reason}", retryable=False)

        return checked()

    return generate_checked


class _Signatures(dict[str, bytes]):
    """Thought signatures by call id, with the documented value for calls of another model."""

    def __init__(self, own_calls: set[str]) -> None:
        super().__init__()
        self._own_calls = own_calls

    def __bool__(self) -> bool:
        return True  # the plugin ignores an empty dict

    def get(self, call_id: str, default: Any = None) -> Any:
        """Return the signature of a call. Of parallel calls, only the first one has a signature."""
        if call_id in self._own_calls:
            return super().get(call_id, default)
        return super().get(call_id, b"skip_thought_signature_validator")


def _requires_thought_signatures(model: str) -> bool:
    return re.search(r"gemini-[12]\.", model.lower()) is None or "gemini-2.5" in model.lower()


# The plugin decides by "gemini-3" or "gemini-2.5" in the name, which `gemini-flash-latest` lacks.
google.llm._requires_thought_signatures = _requires_thought_signatures


class LocalTurnDetector(inference.TurnDetector):
    """LiveKit's detector of the end of a turn that runs in this process, with lower thresholds.

    As released it logs a warning for every threshold that is not its own.
    """

    def __init__(self, strictness: float) -> None:
        """Use `strictness` times the detector's own threshold for each language."""
        thresholds = {language: own * strictness for language, own in LOCAL_LANGUAGES.items()}
        super().__init__(version="v1-mini", unlikely_threshold=thresholds)

    def _warn_threshold_override(self) -> None: ...


async def renew_voice_connection(voice: deepgram.TTS, timeout_s: float) -> None:
    """Close the connections of lines that were cut short, and open one for the next line.

    The plugin does both when the next line begins: it waits until Deepgram has closed the old
    connection, and then for a new one
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/utils/connection_pool.py).
    """

    async def connect() -> None:
        async with voice._pool.connection(timeout=timeout_s):
            pass

    await asyncio.gather(voice._pool._drain_to_close(), connect())


class DeepgramTTS(deepgram.TTS):
    """The Deepgram plugin's voice. It sends nothing on a connection that Deepgram has closed.

    The plugin says goodbye on every connection that it replaces, and logs a warning if it cannot
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-plugins/livekit-plugins-deepgram/livekit/plugins/deepgram/tts.py).
    """

    async def _close_ws(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        if await _is_closed(ws):
            await ws.close()
        else:
            await super()._close_ws(ws)


_UNREAD_WITHIN_S: Final = 0.001
"""A message that Deepgram sent to an idle connection is read within this time."""


async def forget_closed_connections(voice: deepgram.TTS) -> None:
    """Forget idle connections that Deepgram has closed.

    The plugin would send the next line on such a connection, and log two warnings.
    """
    pool = voice._pool
    idle = list(pool._available)
    pool._available.clear()  # no other line may use them meanwhile
    for socket in idle:
        if await _is_closed(socket):
            pool._connections.pop(socket, None)
            pool._retired.discard(socket)
        else:
            pool.put(socket)


async def _is_closed(socket: aiohttp.ClientWebSocketResponse) -> bool:
    try:
        message = await socket.receive(timeout=_UNREAD_WITHIN_S)
    except TimeoutError:
        return False
    return message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)


class DeepgramFlux(deepgram.STTv2):
    """The Deepgram plugin's Flux. It loses no words of turns whose messages are not complete.

    The plugin drops the words of a turn that begins without StartOfTurn, or that ends without
    EndOfTurn or with an empty one. After an Error message, it waits for more messages
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-plugins/livekit-plugins-deepgram/livekit/plugins/deepgram/stt_v2.py).
    """

    def stream(self, **options: Any) -> deepgram.SpeechStreamv2:
        """Open a connection."""
        stream = super().stream(**options)
        turns = _CompleteTurns(stream)
        stream._process_stream_event = turns.take  # type: ignore[method-assign,assignment]
        return stream


class _CompleteTurns:
    """Adds the messages that Deepgram documents: https://developers.deepgram.com/docs/flux/state."""

    def __init__(self, stream: deepgram.SpeechStreamv2) -> None:
        self._stream, self._process = stream, stream._process_stream_event
        self._closing: asyncio.Task[bool] | None = None
        self._latest: dict[str, Any] | None = None
        """The latest message of the open turn; None between two turns."""
        self._ended: int | None = None
        """The index of the turn that has ended last."""

    def take(self, message: dict[str, Any]) -> None:
        """Process a message of Flux, and those that are missing before it."""
        if message["type"] == "Error" and self._stream._ws is not None:
            # The stream then fails, so its audio is recognised on another connection.
            self._closing = asyncio.create_task(self._stream._ws.close(), name="close_flux")
            return
        if message["type"] != "TurnInfo":
            self._process(message)
            return
        event, index = message["event"], message.get("turn_index")
        if self._latest is not None and index != self._latest.get("turn_index"):
            self._end(self._latest)
        if self._latest is None and event != "StartOfTurn":
            if index == self._ended or not message.get("words"):
                # Silence, or a late TurnResumed: its words are being answered. They would pause the
                # reply, and count as its echo if it repeats them.
                return
            self._process({**message, "event": "StartOfTurn"})
        if event == "EndOfTurn":
            self._end(message)
        else:
            self._process(message)
            self._latest = message

    def _end(self, message: dict[str, Any]) -> None:
        """End the turn with the words of this message, or with the latest ones."""
        before, self._latest, self._ended = self._latest, None, message.get("turn_index")
        if before is not None and not message.get("words"):
            message = before
        elif before is not None and before["event"] == "EagerEndOfTurn":
            if before["transcript"] != message["transcript"]:
                # A reply to the earlier words must stop.
                self._process({**message, "event": "TurnResumed"})
        self._process({**message, "event": "EndOfTurn"})


def prepare_early_reply_again(session: AgentSession[Any]) -> None:
    """Begin the early reply again if there is one and the conversation has changed since.

    At the end of the turn, livekit-agents uses a reply only if the conversation is the same as when
    the reply was begun
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/voice/agent_activity.py).
    """
    activity = session._activity
    early = activity._preemptive_generation if activity else None
    if activity and early and not early.chat_ctx.is_equivalent(activity.agent.chat_ctx):
        activity.on_preemptive_generation(early.info)


def drop_early_reply(session: AgentSession[Any]) -> bool:
    """Drop the early reply, if any, so that the end of the turn begins another one."""
    activity = session._activity
    if activity is None or activity._preemptive_generation is None:
        return False
    activity._cancel_preemptive_generation()
    return True


class FallbackLLM(llm.FallbackAdapter):
    """The fallback adapter, which tries every model before it fails.

    The plain one skips a model that has failed before, also if all others fail now
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/llm/fallback_adapter.py).
    """

    def _llm_order(self) -> Iterator[int]:  # type: ignore[override]
        order = super()._llm_order()
        skipped = [i for i in order if not self._status[i].available]
        yield from order
        if len(skipped) < len(order):  # otherwise, all have just been tried
            for i in skipped:
                self._status[i].available = True
                yield i


class UnmeasuredLLMStream(llm.LLMStream, ABC):
    """A stream that wraps the stream of another model, and adds no spans or metrics.

    livekit-agents' own FallbackAdapter sets the same attributes for the same reason.
    """

    _llm_request_span_name = "llm_checked"
    _llm_attempt_span_name = None
    _genai_operation_name = None

    async def _metrics_monitor_task(self, event_aiter: AsyncIterable[llm.ChatChunk]) -> None:
        async for _ in event_aiter:
            pass


_PROBE_EVERY_S: Final = 15.0
_next_probe_at: Final[WeakKeyDictionary[object, float]] = WeakKeyDictionary()


def may_probe(provider: object) -> bool:
    """Return True if a failed provider may be tried again now: after a while, then at intervals."""
    now = time.monotonic()
    if now < _next_probe_at.setdefault(provider, now + _PROBE_EVERY_S):
        return False
    _next_probe_at[provider] = now + _PROBE_EVERY_S
    return True


def _limit_probes(stream: Any) -> None:
    """Let the streams of a fallback adapter try a failed provider only if `may_probe` allows it.

    The adapters repeat every request at every failed provider and have no option for it. That
    doubles calls and costs while a provider is down
    (https://github.com/livekit/agents/issues/4464).
    """
    try_recovery = stream._try_recovery

    def limited(self: object, provider: object) -> None:
        if may_probe(provider):
            try_recovery(self, provider)

    stream._try_recovery = limited


_limit_probes(FallbackLLMStream)
_limit_probes(FallbackSynthesizeStream)
