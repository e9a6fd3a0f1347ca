"""How often two replicas call the real livekit-server, over 27 s.

tests/unit/test_token_endpoint_supervisor.py counts the calls for 20 greetings without a server.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from agent.demo.livekit_server import ensure_binary, livekit_server
from tests.support.supervision import open_rig, supervisor


async def test_two_replicas_share_the_passes_and_call_livekit_little(tmp_path: Path) -> None:
    calls: Counter[str] = Counter()
    async with (
        livekit_server(await ensure_binary(), tmp_path / "log") as server,
        open_rig(server, tmp_path / "state") as rig,
    ):
        for _ in range(3):
            await rig.greeting(await rig.room())
        async with supervisor(rig.settings, calls), supervisor(rig.settings, calls):
            await asyncio.sleep(12)  # joining changed the counts
            calls.clear()
            await asyncio.sleep(15)
    print(f"15 s, 2 replicas, 3 greetings: {dict(calls)}")
    # Five passes by one replica. The other one learns from the store that LiveKit answers.
    assert calls["ListRooms"] <= 5 + 2
    assert calls.total() <= 12
