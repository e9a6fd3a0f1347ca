"""A supervisor at fifty times its speed, over LiveKit in memory and a real store."""

from __future__ import annotations

import pytest

from agent.store import Store
from agent.token_endpoint import greetings
from agent.token_endpoint.greetings import Greetings
from agent.token_endpoint.supervision import dispatches, reaper
from agent.token_endpoint.supervision.dispatches import DispatchSupervisor
from agent.token_endpoint.supervision.reaper import Reaper
from agent.token_endpoint.supervision.supervisor import Supervisor
from tests.fakes.livekit_rooms import FakeLiveKit

PASS_S = 0.05
CHECK_S = 0.06
AGENT_LEFT_S = 0.04


def speed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten what the two checks of a room wait for."""
    for module, times in (
        (greetings, {"WORKER_RECORD_S": 0.1}),
        (dispatches, {"JOB_START_S": 0.16, "AGENT_LEFT_S": AGENT_LEFT_S}),
        (reaper, {"AGAIN_S": 0.03, "KNOWN_S": 0.1, "ALONE_S": 0.9}),
    ):
        for name, seconds in times.items():
            monkeypatch.setattr(module, name, seconds)


def greetings_of(livekit: FakeLiveKit, store: Store) -> Greetings:
    return Greetings(livekit.as_rooms(), store, dispatch_check_s=CHECK_S)


def supervisor_of(
    livekit: FakeLiveKit, store: Store, *, check_s: float = CHECK_S, pass_s: float = PASS_S
) -> Supervisor:
    rooms = livekit.as_rooms()
    return Supervisor(
        rooms,
        store,
        DispatchSupervisor(rooms, store, check_s),
        Reaper(rooms, greetings_of(livekit, store), store),
        pass_s=pass_s,
    )
