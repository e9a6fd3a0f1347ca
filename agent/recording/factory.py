"""Which recording a greeting has, if any: consent and RECORDING together decide."""

from __future__ import annotations

from collections.abc import Callable

from livekit.agents import AgentSession, JobContext

from agent.core.job_metadata import JobMetadata
from agent.core.settings import RecordingSettings, WorkerSettings
from agent.recording.bucket import Bucket
from agent.recording.egress_recorder import Egress
from agent.recording.local_folder import Shelf
from agent.recording.local_recorder import Tape
from agent.recording.recording import Maker, Recording


def to_be_recorded(settings: RecordingSettings, metadata: JobMetadata) -> bool:
    """Whether the operator wants it and the trainee has consented.

    Args:
        metadata: of the dispatch or the room, which the trainee's browser cannot write.
    """
    return settings.recording != "off" and metadata.consent.recording


def recording_of(
    ctx: JobContext,
    session: AgentSession[None],
    settings: WorkerSettings,
    metadata: JobMetadata,
    *,
    on_change: Callable[[], None],
) -> Recording | None:
    """What is to record this greeting; None: nobody, and nothing of it is written."""
    if not to_be_recorded(settings, metadata):
        return None
    bucket = Bucket.of(settings)
    ids = {"session_id": metadata.session_id, "greeting_id": ctx.job.id}
    maker: Maker
    if settings.recording == "egress":
        assert bucket is not None
        maker = Egress(ctx.api.egress, settings, bucket, room=ctx.room.name, **ids)
    else:
        maker = Tape(session, Shelf(settings.recordings_dir), bucket, **ids)
    return Recording(maker, on_change=on_change)
