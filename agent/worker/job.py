"""A job: what LiveKit dispatches to the worker, one for each training room.

The entrypoint returns as soon as the greeting is running: when LiveKit stops a job, it waits for
the entrypoint first and kills the process 10 s later.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from livekit import rtc
from livekit.agents import AutoSubscribe, JobContext

from agent.conversation.state import GreetingState
from agent.core import end_reasons
from agent.core.errors import JobMetadataError, LiveKitError
from agent.core.job_metadata import JobMetadata, session_id_of
from agent.core.log import logger
from agent.core.settings import WorkerSettings
from agent.greeting.first_avatar import FirstAvatar
from agent.greeting.running_greeting import RunningGreeting
from agent.outcomes.timeline import Timeline
from agent.recording.factory import should_record
from agent.room.room_api import RoomApi
from agent.room.single_agent import is_listed_without_agent, is_only_agent
from agent.scripts import script_for
from agent.telemetry.tracing import export_job_spans, flush_traces
from agent.worker.loop_monitor import watch_event_loop
from agent.worker.stored_session import StoredSession, read_stored_session

_CONNECT_TIMEOUT_S: Final = 15.0


async def greet(ctx: JobContext) -> None:
    """Run the job: request the avatar, join the room, and start the greeting.

    If another agent is in the room, leave, and cancel the request for the avatar.
    """
    watch_event_loop("job")
    settings: WorkerSettings = ctx.proc.userdata["settings"]
    metadata = _metadata_of(ctx)
    timeline = Timeline.since_asked(metadata.asked_at, time.time())
    if ctx.job.room.creation_time_ms:
        timeline.mark("room_created", ctx.job.room.creation_time_ms / 1000)
    ids = {"session_id": metadata.session_id, "room": ctx.job.room.name, "job_id": ctx.job.id}
    ctx.log_context_fields = dict(ids)
    export_job_spans(ctx.proc.userdata["tracing"], ids)

    avatar = FirstAvatar(settings, script_for(metadata), timeline)
    livekit = RoomApi(ctx.job.room.name, ctx.api)
    try:
        await _start_greeting(ctx, livekit, metadata, timeline, avatar)
    except LiveKitError as e:
        logger.error(
            "the agent could not join the room; check LIVEKIT_URL and the load of LiveKit and of "
            "this worker. The endpoint dispatches another agent if a trainee waits",
            extra={"event": "room_not_joined", "error": str(e)},
        )
        ctx.shutdown("the agent could not join the room")
    finally:
        # Does nothing if a greeting has taken the avatar over.
        await avatar.abandon(livekit)


async def _start_greeting(
    ctx: JobContext,
    livekit: RoomApi,
    metadata: JobMetadata,
    timeline: Timeline,
    avatar: FirstAvatar,
) -> None:
    """Join the room, and meanwhile read the store and request the avatar; then start.

    Leave instead if the room has another agent, or was deleted. Raises LiveKitError.
    """
    settings: WorkerSettings = ctx.proc.userdata["settings"]
    connecting = asyncio.create_task(_connect(ctx, timeline), name="connect")
    try:
        stored = await _read_store_and_request_avatar(settings, livekit, metadata, avatar)
        timeline.mark("store_read")
    finally:
        await connecting
    if reason := await _reason_to_leave(ctx, livekit, connecting.result()):
        if stored.store is not None:
            await stored.store.aclose()
        await ctx.room.disconnect()
        ctx.shutdown(reason)
        return
    if not stored.budget_used_up:
        avatar.request()
    state = GreetingState(
        metadata=metadata,
        earlier=stored.earlier,
        timeline=timeline,
        avatar_allowed=not stored.budget_used_up,
        may_be_recorded=(
            should_record(settings, metadata) and not stored.earlier.recording_declined
        ),
    )
    greeting = RunningGreeting(ctx, settings, state, stored.store, avatar)
    ctx.proc.userdata["greeting"] = greeting
    greeting.start()


async def _read_store_and_request_avatar(
    settings: WorkerSettings, livekit: RoomApi, metadata: JobMetadata, avatar: FirstAvatar
) -> StoredSession:
    """Request the avatar as early as possible, unless LiveKit lists another agent in the room.

    Only a daily budget (AVATAR_MINUTES_PER_DAY) makes the request wait for the store.
    """
    reading = asyncio.create_task(read_stored_session(settings, metadata), name="read_store")
    is_limited = settings.avatar_minutes_per_day is not None
    if await is_listed_without_agent(livekit) and not (
        is_limited and (await reading).budget_used_up
    ):
        avatar.request()
    return await reading


async def _connect(ctx: JobContext, timeline: Timeline) -> str:
    """Join the room, and return its id.

    Raises:
        LiveKitError: LiveKit refused, or did not answer in time.
    """
    ctx.room.on("reconnecting", _log_reconnecting)
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            # Do not subscribe to the avatar's video, which only the trainee needs. This saves one
            # video stream per greeting.
            await ctx.connect(auto_subscribe=AutoSubscribe.AUDIO_ONLY)
            room_id = await ctx.room.sid
    except TimeoutError:
        raise LiveKitError(f"no connection within {_CONNECT_TIMEOUT_S:g} s") from None
    except rtc.ConnectError:
        # Its text may contain the address with the token.
        raise LiveKitError("LiveKit refused or lost the connection") from None
    timeline.mark("job_joined")
    return room_id


def _log_reconnecting() -> None:
    logger.warning(
        "the connection to LiveKit was lost; reconnecting. If this repeats, check the network "
        "between worker and LiveKit",
        extra={"event": "livekit_reconnecting"},
    )


async def _reason_to_leave(ctx: JobContext, livekit: RoomApi, room_id: str) -> str:
    """Return why this job must not greet in the room that it has joined; empty if it may."""
    if ctx.job.room.sid not in ("", room_id):
        # The token of an agent or avatar creates a deleted room again.
        logger.info(
            "the room was deleted before the agent joined it; leaving",
            extra={"event": "room_deleted_early"},
        )
        return "the room was deleted"
    if not await is_only_agent(ctx.room, livekit):
        return "another agent is in the room"
    return ""


async def end_job(ctx: JobContext) -> None:
    """End the greeting, however the job was stopped, so that no avatar stays in the room."""
    greeting: RunningGreeting | None = ctx.proc.userdata.get("greeting")
    if greeting is not None:
        await greeting.close(end_reasons.WORKER_SHUTDOWN)
    await flush_traces(ctx.proc.userdata["tracing"])


def _metadata_of(ctx: JobContext) -> JobMetadata:
    """Read the metadata of the dispatch or of the room; unreadable metadata stops no greeting."""
    session_id = session_id_of(ctx.job.room.name)
    for source, text in (("job", ctx.job.metadata), ("room", ctx.job.room.metadata)):
        if not text:
            continue
        try:
            found = JobMetadata.from_json(text)
        except JobMetadataError as e:
            logger.warning(
                "could not read metadata; greeting without it; check that the worker and the "
                "endpoint have the same version",
                extra={
                    "event": "metadata_unreadable",
                    "source": source,
                    "error": str(e),
                    "job_id": ctx.job.id,
                },
            )
            continue
        return found if found.session_id else found.model_copy(update={"session_id": session_id})
    logger.warning(
        "no job metadata; greeting without a name; check that the worker and the endpoint have "
        "the same version",
        extra={"event": "metadata_missing", "job_id": ctx.job.id},
    )
    return JobMetadata(session_id=session_id)
