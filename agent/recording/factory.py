"""Build the recording of a greeting, if the settings and the consent allow one."""

from __future__ import annotations

from livekit.agents import AgentSession, JobContext

from agent.conversation.state import GreetingState
from agent.core.job_metadata import JobMetadata
from agent.core.settings import RecordingSettings, WorkerSettings
from agent.recording.bucket import Bucket
from agent.recording.egress_recorder import EgressRecorder
from agent.recording.local_folder import LocalFolder
from agent.recording.local_recorder import LocalRecorder
from agent.recording.object_keys import recording_name
from agent.recording.recording import Recorder, Recording


def should_record(settings: RecordingSettings, metadata: JobMetadata) -> bool:
    """Return True if RECORDING is set and the trainee has consented.

    Args:
        metadata: from the dispatch or the room, which the trainee's browser cannot change.
    """
    return settings.recording != "off" and metadata.consent.recording


def build_recording(
    ctx: JobContext, session: AgentSession[GreetingState], settings: WorkerSettings
) -> Recording | None:
    """Return the recording of this greeting, not yet started; None if it is not recorded."""
    state = session.userdata
    if not state.may_be_recorded:
        return None
    bucket = Bucket.from_settings(settings)
    name = recording_name(state.metadata.session_id, ctx.job.id)
    recorder: Recorder
    if settings.recording == "egress":
        assert bucket is not None  # WorkerSettings requires it
        recorder = EgressRecorder(ctx.api.egress, settings, bucket, room=ctx.room.name, name=name)
    else:
        recorder = LocalRecorder(session, LocalFolder(settings.recordings_dir), bucket, name)
    return Recording(recorder, state.events)
