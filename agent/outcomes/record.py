"""The outcome record of one greeting: what the platform gets, word for word, and what is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from agent.core.types import Answer, Line, Mode, Record
from agent.outcomes.timeline import Timeline

RecordedBy = Literal["worker", "egress"]

WORKER_LOST = "worker_lost"
"""How a greeting ended whose job died: its record is closed by others."""


class Fault(Record):
    """Something that failed, however often."""

    part: Literal["avatar", "stt", "llm", "tts", "script", "store"]
    error: str
    """Its kind, in one word or a short sentence of ours; never a vendor's text."""
    status: int | None = None
    """HTTP, where there was one."""
    first_at: datetime
    count: int = 1


class Recorded(Record):
    """What became of the recording of a greeting that was to be recorded."""

    by: RecordedBy
    """The worker, or LiveKit's egress."""
    status: Literal["recording", "kept", "cut_short", "failed", "withdrawn"]
    """`cut_short`: it broke off before the greeting's end, and what there is of it is kept;
    `failed`: nothing is; `withdrawn`: the trainee would rather not, and it was deleted."""
    key: str | None = None
    """In the bucket; the captions' ends in `.vtt` instead of `.ogg`."""
    file: str | None = None
    """On the worker's disk, where it is not, or not yet, in the bucket."""
    seconds: float = 0.0
    error: str | None = None
    """What went wrong, in a sentence of ours."""


class Ended(Record):
    """How it ended."""

    reason: str
    """One of `agent.core.end_reasons`, `worker_lost`, or the reason the page gave."""
    at: datetime
    closing_said: bool = False
    """The closing line was said to its end."""


class Outcome(Record):
    """What came of one greeting. Times are UTC, durations seconds."""

    v: Literal[1] = 1
    id: str
    """Of this greeting; a session that was greeted twice has two."""
    session_id: str
    trainee_id: str = ""
    """The platform's own id of the trainee."""
    room: str = ""
    script: str
    """The folder in `prompts/`."""
    script_version: int
    script_reason: str = ""
    """Why this script, in this locale."""
    industry: str = ""
    locale: str
    """What was spoken last."""
    locales: list[str] = Field(default_factory=list)
    """All that were spoken, in order."""
    mode: Mode | None = None
    """Who spoke last: the avatar, a voice, or nobody (text); null: it never came to that."""
    answers: dict[str, Answer] = Field(default_factory=dict)
    """By the question's id, in the script's order."""
    transcript: list[Line] | None = None
    """Null without consent."""
    recording: Recorded | None = None
    """Null where none was to be made: no consent, or RECORDING=off."""
    ended: Ended | None = None
    """Null while it goes on."""
    started_at: datetime
    """When the job began."""
    met_at: datetime | None = None
    """When the trainee was first in the room."""
    opened_at: datetime | None = None
    """When the first word was said."""
    duration_s: float = 0.0
    """From the job's beginning to the end."""
    talk_s: float = 0.0
    """From the first word to the end."""
    avatar_seconds: float = 0.0
    """How long the avatar was in the room."""
    avatar_session_id: str | None = None
    """Beyond Presence's own id."""
    faults: list[Fault] = Field(default_factory=list)
    timeline: Timeline | None = None
    """When what happened in the start; null in records of older releases."""
