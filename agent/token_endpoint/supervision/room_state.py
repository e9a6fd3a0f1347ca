"""What the supervisor remembers of a room. Times are the event loop's, in seconds."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from agent.core.job_metadata import session_id_of
from agent.store import RecentRequest
from agent.token_endpoint.livekit_rooms import Participants, Room


@dataclass(kw_only=True)
class RoomState:
    """One room, identified by its sid."""

    room: Room
    request: RecentRequest | None
    """The last request for the session, if it is recent."""
    participants: Participants = Participants(agent=False, trainee=False)
    """Of the last inspection."""
    inspect_at: float = math.inf
    """When its participants are listed next."""
    settle_at: list[float] = field(default_factory=list)
    """Further inspections after the room's counts changed."""
    failures: int = 0
    """Inspections that failed in a row."""
    failure_logged: bool = False
    """One of them was logged; a rate limit is logged for all rooms together."""

    # For the dispatch supervisor.
    request_at: float = -math.inf
    """The last request for the session that was seen."""
    dispatched_at: float | None = None
    """When an agent was last dispatched; None if that was before this state began."""
    retries: int = 0
    """Dispatches that were repeated since an agent was last in the room."""
    agent_seen: bool = False
    """An agent was in the room since the last dispatch."""
    agent_missing_since: float | None = None
    """The first inspection that did not find an agent; None while there is one."""
    trainee_seen_at: float = -math.inf
    met: bool = False
    """The store knows that trainee and agent were in the room together."""
    lost_agents: int = 0
    """Agents that were lost since the last request. Dispatches that no worker took do not count."""
    close_at: float | None = None
    """When the room of a greeting that has ended is closed; None if it has not ended."""

    # For the reaper.
    avatars_since: dict[str, float] = field(default_factory=dict)
    """Sids of the avatars in the room, and when each was first seen."""
    orphaned_since: dict[str, float] = field(default_factory=dict)
    """Sids of avatars without their agent, and since which inspection."""
    without_trainee_since: float | None = None
    """Since when there has been an avatar but no trainee."""
    reaped_at: float | None = None
    """When an avatar was last removed."""
    deserted_since: float | None = None
    """Since which inspection there has been neither an agent nor a trainee."""

    @property
    def name(self) -> str:
        return self.room.name

    @property
    def empty(self) -> bool:
        """True if the room has no trainee, and no participant that publishes."""
        return not self.room.num_participants and not self.room.num_publishers

    @property
    def requested(self) -> bool:
        """True if this is the room of the request."""
        return self.request is not None and self.request.room_sid == self.room.sid

    @property
    def reopened(self) -> bool:
        """True if a participant has opened the room again, after the room of the request."""
        return self.request is not None and not self.requested

    @property
    def session_id(self) -> str:
        return session_id_of(self.room.name)

    @property
    def log_fields(self) -> dict[str, str]:
        """For a log record's `extra`."""
        return {
            "session_id": self.session_id,
            "room": self.room.name,
            "room_sid": self.room.sid,
        }

    def inspect_by(self, at: float) -> None:
        """Inspect the room at this time at the latest."""
        self.inspect_at = min(self.inspect_at, at)

    def plan_next(self, now: float, safety_s: float) -> None:
        """Plan the inspection after the one that begins now; checks may ask for an earlier one."""
        self.settle_at = [at for at in self.settle_at if at > now]
        self.inspect_at = min([*self.settle_at, now + safety_s])

    def forget_absences(self) -> None:
        """After a failed call the last inspection does not count as the one before the next."""
        self.orphaned_since.clear()
        self.without_trainee_since = None
        self.deserted_since = None
        self.agent_missing_since = None
