"""How often two replicas call the real livekit-server, over 27 s.

tests/unit/test_token_endpoint_supervisor.py counts the calls for 20 greetings without a server.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from tests.integration.test_reaper import Rig, rig, server, supervisor

__all__ = ["rig", "server"]  # fixtures


async def test_two_replicas_share_the_passes_and_call_livekit_little(rig: Rig) -> None:
    for _ in range(3):
        await rig.greeting(await rig.room())
    calls: Counter[str] = Counter()
    async with supervisor(rig.settings, calls), supervisor(rig.settings, calls):
        await asyncio.sleep(12)  # joining changed the counts
        calls.clear()
        await asyncio.sleep(15)
    print(f"15 s, 2 replicas, 3 greetings: {dict(calls)}")
    # Five passes and three pings.
    assert calls["ListRooms"] <= 5 + 3 + 2
    assert calls.total() <= 15
