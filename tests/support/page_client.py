"""A client that reports what it can hear, as our page does; its browser is not measured."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from livekit import rtc

from tests.support.livekit_client import LiveKitClient
from tests.support.waiting import until

_RETRY_S = (0.08, 0.15, 0.3, 0.6, 1.0, 2.0, 3.0, 3.0, 3.0, 3.0)
_ANSWER_TIMEOUT_S = 1.0
"""Both as in web/src/livekit/playbackReporter.ts."""


class PageClient(LiveKitClient):
    """Reports `can_hear` to the agent whenever the audio that it receives has changed."""

    def __init__(self) -> None:
        super().__init__()
        self._reported: tuple[str, ...] | None = None
        self.received_at: dict[str, float] = {}
        """Identity to time.monotonic() at which its first audio track was received."""
        self._reports: set[asyncio.Future[Any]] = set()
        for event in (
            "participant_connected",
            "participant_attributes_changed",
            "track_subscribed",
        ):
            self.room.on(event, self._on_change)  # type: ignore[call-overload]

    async def join(self, url: str, token: str) -> None:
        """Join the room and report at once."""
        await super().join(url, token)
        self._on_change()

    async def can_hear(self, timeout: float = 60) -> float:
        """Wait until an audio track is received; return time.monotonic() of that moment."""
        await until(lambda: self.received_at, timeout, "no audio track was received")
        return min(self.received_at.values())

    async def leave(self) -> None:
        """Leave the room and stop reporting."""
        for report in self._reports:
            report.cancel()
        await super().leave()

    def _on_change(self, *event: object) -> None:
        if event and isinstance(event[0], rtc.RemoteAudioTrack):
            participant = event[2]
            assert isinstance(participant, rtc.RemoteParticipant)
            self.received_at.setdefault(participant.identity, time.monotonic())
        if self.agent is None:
            return
        audio_from = tuple(self.received_at)
        if audio_from == self._reported:
            return
        self._reported = audio_from
        task = asyncio.create_task(self._report(self.agent.identity, audio_from))
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)

    async def _report(self, agent: str, audio_from: tuple[str, ...]) -> None:
        """Send a report until it is answered; on a busy machine, LiveKit takes 7 s to give up."""
        for pause_s in _RETRY_S:
            if audio_from != self._reported:
                return
            call = asyncio.ensure_future(self._send_report(agent, audio_from))
            self._reports.add(call)
            call.add_done_callback(self._reports.discard)
            await asyncio.wait({call}, timeout=_ANSWER_TIMEOUT_S)
            if call.done() and call.result():
                return
            # A new agent may not have registered the method yet.
            await asyncio.sleep(pause_s)

    async def _send_report(self, agent: str, audio_from: tuple[str, ...]) -> bool:
        payload = json.dumps({"sound_unlocked": True, "audio_from": audio_from})
        try:
            answer = await self.room.local_participant.perform_rpc(
                destination_identity=agent, method="can_hear", payload=payload
            )
        except rtc.RpcError:
            return False
        return answer == "ok"
