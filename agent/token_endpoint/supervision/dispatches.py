"""The dispatch supervisor: replaces a dispatch that brought no agent, or whose agent was lost.

LiveKit dispatches once: if no worker is free at that moment, no agent ever joins. So for
REQUEST_WINDOW_S after each request for a greeting the supervisor makes sure that an agent joins the
room and stays. It waits longer after each dispatch that no worker took.

- A worker that accepts a job takes a lease in the store for JOB_START_S. The job has this time to
  join, because another agent would request another avatar. If the job's process dies, the worker
  gives the lease back. LiveKit's own list does not help: it shows a job up to 5 s late, and lists a
  job whose process has died as running.
- Deleting a dispatch ends its job. So a dispatch that may still bring an agent is not deleted: if
  both agents join, the second one leaves.
- The trainee's room token outlives the room. The trainee may join after the worker has stopped
  waiting and closed the room. LiveKit then opens the room again without a dispatch, and the
  supervisor dispatches an agent to it.
"""

from __future__ import annotations

import asyncio

from agent.core.errors import LiveKitError
from agent.core.log import logger
from agent.store import (
    JOB_START_S,
    Phase,
    RecentRequest,
    Store,
    accepted_lease,
    dispatch_claim,
)
from agent.token_endpoint.livekit_rooms import LiveKitRooms
from agent.token_endpoint.metrics import DISPATCHES_REPEATED
from agent.token_endpoint.supervision.room_state import RoomState

REQUEST_WINDOW_S = 35.0
"""How long after a request its room is supervised: longer than the room waits for the trainee
(30 s) and longer than LiveKit lists a killed agent (about 20 s)."""
AGENT_LEFT_S = 2.0
"""How long an agent that left is waited for. An agent that ends on purpose deletes the room."""
RETRY_GROWTH = 1.5
"""Each wait for an agent is this much longer than the one before."""
RETRY_MAX_S = 10.0
MAX_LOST = 3
"""How many lost agents are replaced for one request."""


class DispatchSupervisor:
    """Checks one room at a time.

    Args:
        check_s: how long the first dispatch may take to get a job (DISPATCH_CHECK_S).
    """

    def __init__(self, rooms: LiveKitRooms, store: Store, check_s: float) -> None:
        self._rooms = rooms
        self._store = store
        self._check_s = check_s

    def note_request(self, state: RoomState, now: float) -> None:
        """Note when the room got its dispatch, and plan a check after a new request."""
        request = state.request
        if state.dispatched_at is None and self._rooms.automatic and not state.requested:
            state.dispatched_at = now  # by LiveKit, for a room that a participant opened
        if request is None:
            return
        if state.dispatched_at is None:
            state.dispatched_at = request.dispatched_at
        if request.asked_at > state.request_at + 0.2:  # it differs slightly each time it is read
            state.request_at = request.asked_at
            state.lost_agents = 0
            if not state.agent_seen or state.agent_missing_since is not None:
                state.inspect_by(max(now, (state.dispatched_at or 0) + self._check_s))

    async def check(self, state: RoomState, now: float) -> None:
        """Dispatch another agent if one is missing.

        Raises:
            LiveKitError, StoreError: nothing is lost; the next inspection checks again.
        """
        if await self._is_over(state):
            return
        trainee = state.participants.trainee
        if trainee:
            state.trainee_seen_at = now
        if state.participants.agent:
            await self._agent_is_there(state)
            return
        if state.agent_missing_since is None:
            state.agent_missing_since = now
        if state.request is None or state.lost_agents >= MAX_LOST:
            return
        expected = not state.reopened and state.trainee_seen_at < state.request_at
        if not (trainee or expected):
            return
        if (due := self._due_at(state, accepted=False)) > now:
            state.inspect_by(due)
            return
        accepted = await self._store.lease_is_held(accepted_lease(state.session_id))
        if (due := self._due_at(state, accepted=accepted)) > now:
            state.inspect_by(min(due, now + self._check_s))  # the job may die
            return
        try:
            await self._replace(state, state.request, now)
        except LiveKitError:
            if await self._rooms.sid(state.name) == state.room.sid:
                raise
            return  # The room was closed since the last pass; the next one forgets it.
        state.inspect_by(self._due_at(state, accepted=False))

    async def _is_over(self, state: RoomState) -> bool:
        """Close the room of a greeting that has ended, unless its agent does.

        A job that is on its way when the greeting ends joins up to JOB_START_S later, and opens the
        room again.
        """
        over = await self._store.end_reason(state.session_id) is not None
        if not over and state.reopened:
            here = state.participants
            only_agents = (here.agent or here.avatars) and not here.trainee
            # Without a phase the greeting failed: a trainee who is back gets another agent.
            over = bool(only_agents) and await self._store.phase(state.session_id) is None
        if not over:
            return False
        loop = asyncio.get_running_loop()
        if state.close_at is None:
            state.close_at = loop.time() + (0 if state.reopened else AGENT_LEFT_S)
        if loop.time() >= state.close_at:
            try:
                await self._rooms.end(state.name)
            finally:
                # Not again while it is being deleted: see `LiveKitRooms.end`.
                state.close_at = loop.time() + AGENT_LEFT_S
            logger.info(
                "closed the room of a greeting that had ended",
                extra={
                    "event": "ended_room_closed",
                    "reopened": state.reopened,
                    **state.log_fields,
                },
            )
        state.inspect_by(state.close_at)
        return True

    async def _agent_is_there(self, state: RoomState) -> None:
        state.agent_seen, state.agent_missing_since, state.retries = True, None, 0
        if state.participants.trainee and not state.met:
            await self._store.mark_met(state.session_id)
            state.met = True

    def _due_at(self, state: RoomState, *, accepted: bool) -> float:
        """When a missing agent is replaced.

        Args:
            accepted: a worker has accepted a job whose process has not died.
        """
        missing_since = state.agent_missing_since or 0.0
        if state.agent_seen:
            return missing_since + AGENT_LEFT_S
        if accepted:
            return (state.dispatched_at or missing_since) + JOB_START_S
        if state.dispatched_at is None:
            return 0.0
        longer: float = RETRY_GROWTH**state.retries
        return state.dispatched_at + max(self._check_s, min(self._check_s * longer, RETRY_MAX_S))

    async def _replace(self, state: RoomState, request: RecentRequest, now: float) -> None:
        session_id = state.session_id
        dispatches = await self._rooms.dispatches(state.name)
        agent_was_here = state.agent_seen
        lost = agent_was_here or any(d.has_job for d in dispatches)
        state.dispatched_at, state.agent_seen = now, False
        state.retries = 0 if agent_was_here else state.retries + 1
        if not await self._store.claim(dispatch_claim(session_id), self._check_s):
            return  # a request dispatched moments ago
        phase = await self._store.phase(session_id)
        if phase is Phase.ENDED or (phase is Phase.MET and state.reopened and not state.met):
            return  # it is over: they had met, and then the room was closed
        if phase is None:
            if not state.participants.trainee:
                return
            await self._store.start(session_id)  # it failed, and continues with the next agent
        for dispatch in dispatches:
            if dispatch.has_job and (agent_was_here or not dispatch.running):
                await self._rooms.delete_dispatch(state.name, dispatch.id)
        await self._rooms.dispatch(state.name, request.job_metadata)
        await self._store.set_room(session_id, state.room.sid)
        request.room_sid = state.room.sid
        state.lost_agents += lost
        DISPATCHES_REPEATED.labels("lost" if lost else "no_show").inc()
        logger.warning(
            "the agent was lost; dispatched another one. Look for the cause in the workers' logs"
            if lost
            else "no worker took the dispatch; dispatched again. If this repeats, check that a "
            "worker is running, registered and not full",
            extra={
                "event": "dispatch_repeated",
                "why": "lost" if lost else "no_show",
                **state.log_fields,
            },
        )
        if await self._store.phase(session_id) is Phase.ENDED:
            # It ended meanwhile, and CreateDispatch opens a room that was deleted.
            await self._rooms.end(state.name)
