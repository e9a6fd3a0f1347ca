"""Build the recording of a greeting, if the settings and the consent allow one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livekit.agents import AgentSession, JobContext

from agent.core.job_metadata import JobMetadata
from agent.core.settings import RecordingSettings, WorkerSettings
from agent.recording.bucket import Bucket
from agent.recording.egress_recorder import EgressRecorder
from agent.recording.local_folder import LocalFolder
from agent.recording.local_recorder import LocalRecorder
from agent.recording.recording import Recorder, Recording


def should_record(settings: RecordingSettings, metadata: JobMetadata) -> bool:
    """Return True if RECORDING is set and the trainee has consented.

    Args:
        metadata: from the dispatch or the room, which the trainee's browser cannot change.
    """
    return settings.recording != "off" and metadata.consent.recording


def build_recording(
    ctx: JobContext,
    session: AgentSession[Any],
    settings: WorkerSettings,
    metadata: JobMetadata,
    *,
    on_change: Callable[[], None],
) -> Recording | None:
    """Return the recording of this greeting, not yet started; None if none is to be made."""
    if not should_record(settings, metadata):
        return None
    bucket = Bucket.from_settings(settings)
    ids = {"session_id": metadata.session_id, "greeting_id": ctx.job.id}
    recorder: Recorder
    if settings.recording == "egress":
        assert bucket is not None  # WorkerSettings requires it
        recorder = EgressRecorder(ctx.api.egress, settings, bucket, room=ctx.room.name, **ids)
    else:
        recorder = LocalRecorder(session, LocalFolder(settings.recordings_dir), bucket, **ids)
    return Recording(recorder, on_change=on_change)
