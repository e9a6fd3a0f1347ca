"""A supervisor at fifty times its speed, over LiveKit in memory and a real store."""

from __future__ import annotations

from agent.store import Store
from agent.token_endpoint.greetings import Greetings
from agent.token_endpoint.supervision.dispatches import DispatchSupervisor
from agent.token_endpoint.supervision.reaper import Reaper
from agent.token_endpoint.supervision.supervisor import Supervisor
from tests.fakes.livekit_rooms import FakeLiveKit

PASS_S = 0.05
CHECK_S = 0.06
AGENT_LEFT_S = 0.04


def greetings_of(livekit: FakeLiveKit, store: Store) -> Greetings:
    return Greetings(livekit.as_rooms(), store, dispatch_check_s=CHECK_S)


def supervisor_of(
    livekit: FakeLiveKit,
    store: Store,
    *,
    check_s: float = CHECK_S,
    job_start_s: float = 0.16,
    known_s: float = 0.1,
    alone_s: float = 0.9,
    pass_s: float = PASS_S,
) -> Supervisor:
    rooms = livekit.as_rooms()
    reaper = Reaper(
        rooms,
        greetings_of(livekit, store),
        store,
        again_s=0.03,
        known_s=known_s,
        alone_s=alone_s,
    )
    return Supervisor(
        rooms,
        store,
        DispatchSupervisor(
            rooms, store, check_s, job_start_s=job_start_s, agent_left_s=AGENT_LEFT_S
        ),
        reaper,
        pass_s=pass_s,
    )
