"""A job: what LiveKit dispatches to the worker, one for each training room.

The entrypoint returns as soon as the greeting is under way, because LiveKit, when it stops a job,
waits for the entrypoint first and kills the process 10 s later.
"""

from __future__ import annotations

import asyncio
import time

from livekit.agents import AutoSubscribe, JobContext

from agent.core import end_reasons
from agent.core.errors import JobMetadataError, StoreError
from agent.core.job_metadata import JobMetadata, session_id_of
from agent.core.log import logger
from agent.core.settings import WorkerSettings
from agent.greeting.session import Greeting
from agent.outcomes.avatar_budget import avatar_budget_is_used_up
from agent.outcomes.earlier_answers import earlier_answers
from agent.outcomes.timeline import Timeline
from agent.room.room_api import RoomApi
from agent.room.single_agent import is_the_greeter
from agent.store import Store, open_store
from agent.telemetry.tracing import export_job_spans, flush_traces

_CONNECT_TIMEOUT_S = 15.0


async def greet(ctx: JobContext) -> None:
    """The job's entrypoint: join the room, make sure to be alone, and start the story."""
    settings: WorkerSettings = ctx.proc.userdata["settings"]
    metadata = metadata_of(ctx)
    timeline = Timeline.since_asked(metadata.asked_at, time.time())
    if ctx.job.room.creation_time_ms:
        timeline.mark("room_created", ctx.job.room.creation_time_ms / 1000)
    about = {"session_id": metadata.session_id, "room": ctx.job.room.name, "job_id": ctx.job.id}
    ctx.log_context_fields = dict(about)
    export_job_spans(ctx.proc.userdata["tracing"], about)
    async with asyncio.timeout(_CONNECT_TIMEOUT_S):
        # The avatar's picture is for the trainee alone: not taking it spares this machine one
        # video stream a greeting.
        await ctx.connect(auto_subscribe=AutoSubscribe.AUDIO_ONLY)
    timeline.mark("job_joined")
    livekit = RoomApi(ctx.room.name, ctx.api)
    if not await is_the_greeter(ctx.room, livekit):
        ctx.shutdown("another greeter is here")
        return
    store = _store_of(settings)
    answered, spent = await asyncio.gather(
        earlier_answers(store, metadata.session_id),
        avatar_budget_is_used_up(store, settings.avatar_minutes_per_day),
    )
    timeline.mark("store_read")
    greeting = Greeting(
        ctx,
        livekit,
        settings,
        metadata,
        store,
        answered=answered,
        may_be_avatar=not spent,
        timeline=timeline,
    )
    ctx.proc.userdata["greeting"] = greeting
    greeting.begin()


async def say_goodbye(ctx: JobContext) -> None:
    """The job's last step, whoever stopped it: nothing paid for is left in the room."""
    greeting: Greeting | None = ctx.proc.userdata.get("greeting")
    if greeting is not None:
        await greeting.close(end_reasons.WORKER_SHUTDOWN)
    await flush_traces(ctx.proc.userdata["tracing"])


def _store_of(settings: WorkerSettings) -> Store | None:
    """Where the outcome is kept; a trainee is greeted without one, too."""
    try:
        return open_store(settings)
    except StoreError as e:
        logger.error("no outcome will be kept: check REDIS_URL or STATE_DIR: %s", e)
        return None


def metadata_of(ctx: JobContext) -> JobMetadata:
    """What the dispatch says, or the room; a trainee is greeted whatever is missing."""
    session_id = session_id_of(ctx.job.room.name)
    for source, text in (("job", ctx.job.metadata), ("room", ctx.job.room.metadata)):
        if not text:
            continue
        try:
            found = JobMetadata.from_json(text)
        except JobMetadataError as e:
            logger.warning("unreadable %s metadata: %s", source, e, extra={"job_id": ctx.job.id})
            continue
        return found if found.session_id else found.model_copy(update={"session_id": session_id})
    logger.warning("no job metadata: greeting without a name", extra={"job_id": ctx.job.id})
    return JobMetadata(session_id=session_id)
