"""The connection to the avatar's participant: audio in byte streams, commands and reports by RPC.

The protocol is livekit-agents' `DataStreamAudioOutput`
(https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/voice/avatar/_datastream_io.py).
That class cannot pause, so `AvatarOutput` sends and stops the audio itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from livekit import rtc
from livekit.agents import utils

from agent.avatar.kept_audio import AUDIO_SAMPLE_RATE
from agent.core.errors import AvatarError, AvatarTimeout
from agent.core.log import logger

T = TypeVar("T")

_AUDIO_TOPIC: Final = "lk.audio_stream"
_RPC_CLEAR: Final = "lk.clear_buffer"
_RPC_FINISHED: Final = "lk.playback_finished"

_SEND_TIMEOUT_S: Final = 5.0
_NO_ANSWER: Final = (
    rtc.RpcError.ErrorCode.CONNECTION_TIMEOUT,
    rtc.RpcError.ErrorCode.RESPONSE_TIMEOUT,
)

OnReport = Callable[[float, bool], None]
"""Takes the position in seconds, and whether the audio was interrupted."""


class AvatarLink:
    """Sends streams of audio to the avatar, one after another.

    Its methods raise `AvatarError` if the avatar or the room cannot be reached.
    """

    def __init__(self, room: rtc.Room, identity: str, on_report: OnReport) -> None:
        self._room = room
        self._identity = identity
        self._on_report = on_report
        self._writer: rtc.ByteStreamWriter | None = None

    @property
    def is_up(self) -> bool:
        """True if the agent and the avatar are in the room."""
        return self._room.isconnected() and self._identity in self._room.remote_participants

    async def write(self, audio: bytes) -> None:
        """Send 16-bit mono audio; the avatar plays it at once."""
        if self._writer is None:
            self._writer = await self._open()
        await _sent(self._writer.write(audio))

    async def close(self) -> None:
        """End the stream: the avatar reports when it has played all of it."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await _sent(writer.aclose())

    async def clear(self, timeout_s: float) -> None:
        """End the stream, and tell the avatar to stop speaking at once."""
        closed, cleared = await asyncio.gather(
            self.close(), self._call_clear(timeout_s), return_exceptions=True
        )
        if isinstance(cleared, TimeoutError) or getattr(cleared, "code", None) in _NO_ANSWER:
            raise AvatarTimeout("the avatar did not answer lk.clear_buffer")
        for failed in (cleared, closed):
            if isinstance(failed, BaseException):
                raise AvatarError(f"the avatar could not be stopped: {type(failed).__name__}")

    async def _call_clear(self, timeout_s: float) -> None:
        async with asyncio.timeout(timeout_s):
            await self._room.local_participant.perform_rpc(
                destination_identity=self._identity,
                method=_RPC_CLEAR,
                payload="",
                response_timeout=timeout_s,
            )

    async def _open(self) -> rtc.ByteStreamWriter:
        # The link to an earlier avatar may have registered its own handler.
        self._room.local_participant.register_rpc_method(_RPC_FINISHED, self._on_finished)
        return await _sent(
            self._room.local_participant.stream_bytes(
                name=utils.shortuuid("AUDIO_"),
                topic=_AUDIO_TOPIC,
                destination_identities=[self._identity],
                attributes={"sample_rate": str(AUDIO_SAMPLE_RATE), "num_channels": "1"},
            )
        )

    async def _on_finished(self, call: rtc.RpcInvocationData) -> str:
        if call.caller_identity != self._identity:
            return "reject"
        try:
            report = json.loads(call.payload)
            position_s, interrupted = float(report["playback_position"]), report["interrupted"]
        except (ValueError, KeyError, TypeError):
            logger.warning(
                "ignored a malformed playback report from the avatar; no action is needed "
                "unless it repeats",
                extra={"event": "avatar_report_malformed"},
            )
            return "reject"
        self._on_report(position_s, bool(interrupted))
        return "ok"


async def _sent(sending: Coroutine[Any, Any, T]) -> T:
    try:
        return await asyncio.wait_for(sending, _SEND_TIMEOUT_S)
    except (rtc.StreamError, RuntimeError, TimeoutError) as e:
        raise AvatarError(f"could not send audio to the avatar: {type(e).__name__}") from e
