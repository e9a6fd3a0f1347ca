"""The Deepgram plugin: connections of the voice, and the turns of Flux."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import aiohttp
from aiohttp import WSMsgType
from livekit.plugins import deepgram

from agent.core.log import logger


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
    """Adds the messages that Deepgram documents: https://developers.deepgram.com/docs/flux/state.

    A turn is open from StartOfTurn, or from its first words, until EndOfTurn, or until another turn
    begins. It ends with the words of EndOfTurn, or with its latest ones.
    """

    def __init__(self, stream: deepgram.SpeechStreamv2) -> None:
        self._stream, self._process = stream, stream._process_stream_event
        self._closing: asyncio.Task[bool] | None = None
        self._open_turn: dict[str, Any] | None = None
        """The latest message of the open turn; None between two turns."""
        self._ended_index: int | None = None
        """The index of the turn that has ended last."""

    def take(self, message: dict[str, Any]) -> None:
        """Process a message of Flux, and those that are missing before it."""
        if message["type"] == "TurnInfo":
            self._take_turn(message)
        elif message["type"] == "Error" and self._stream._ws is not None:
            self._fail(message, self._stream._ws)
        else:
            self._process(message)

    def _take_turn(self, message: dict[str, Any]) -> None:
        event, index = message["event"], message.get("turn_index")
        if self._open_turn is not None and index != self._open_turn.get("turn_index"):
            self._end(self._open_turn)
        if self._open_turn is None and event != "StartOfTurn":
            is_late = index is not None and index == self._ended_index
            if is_late or not message.get("words"):
                # The words of a late message are being answered. Passed on, they would pause the
                # reply, and count as its echo if it repeats them.
                return
            self._process({**message, "event": "StartOfTurn"})
        if event == "EndOfTurn":
            self._end(message)
        else:
            self._process(message)
            self._open_turn = message

    def _end(self, message: dict[str, Any]) -> None:
        """End the turn with the words of this message, or with the latest ones."""
        latest, self._open_turn = self._open_turn, None
        self._ended_index = message.get("turn_index")
        if latest is not None and not message.get("words"):
            message = latest
        elif latest is not None and latest["transcript"] != message["transcript"]:
            # A reply to the earlier words must stop.
            self._process({**message, "event": "TurnResumed"})
        self._process({**message, "event": "EndOfTurn"})

    def _fail(self, error: dict[str, Any], socket: aiohttp.ClientWebSocketResponse) -> None:
        """Close the connection, so that its audio is recognised on another one."""
        logger.warning(
            "Deepgram reported an error; reconnecting. If this repeats, look the code up in "
            "its documentation",
            extra={"event": "stt_error_reported", "code": str(error.get("code"))},
        )
        self._closing = asyncio.create_task(socket.close(), name="close_flux")
