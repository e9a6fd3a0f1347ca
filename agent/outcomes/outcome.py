"""The outcome of one greeting, as it is stored and as the platform receives it.

docs/outcome.schema.json is generated from `Outcome`; tests/unit/test_outcome_schema.py compares.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from agent.core.end_reasons import WORKER_LOST
from agent.core.records import Answer, Line, Mode, Record
from agent.outcomes.timeline import Timeline

RecordedBy = Literal["worker", "egress"]

COMMENT_MAX = 500
"""Characters of the comment in a trainee's feedback."""


class Fault(Record):
    """Something that failed during the greeting, once or several times."""

    part: Literal["avatar", "stt", "llm", "tts", "script", "store"]
    error: str
    """What failed, as one word or a short sentence; never the text of a provider."""
    status: int | None = None
    """The HTTP status, if there was one."""
    first_at: datetime
    """When it happened first."""
    count: int = 1
    """How often it happened."""


class Recorded(Record):
    """The recording of the greeting."""

    by: RecordedBy
    """Made by the worker or by LiveKit Egress."""
    status: Literal["recording", "kept", "cut_short", "failed", "withdrawn"]
    """`cut_short`: recording stopped before the end of the greeting, the part until then is kept;
    `failed`: there is no recording; `withdrawn`: the trainee declined, and it was deleted."""
    key: str | None = None
    """Key in the bucket. The captions have the same key with `.vtt` instead of `.ogg`."""
    file: str | None = None
    """Path on the worker's disk, if the recording is not or not yet in the bucket."""
    seconds: float = 0.0
    """Its length."""
    error: str | None = None
    """What went wrong."""


class Notice(Record):
    """How the trainee was told one thing that they must know."""

    label_at: datetime | None = None
    """When the page's label was visible for the first time; null if the page did not report it."""
    words: str = ""
    """The words of the opening that say it; empty if the opening does not."""
    said_at: datetime | None = None
    """When the agent started the opening with these words; null if it did not."""
    heard_to_end: bool = False
    """The opening was played to its end, while the trainee was in the room and the page could play
    sound. In text mode: it was shown completely."""


class Disclosure(Record):
    """The disclosure receipt: how the trainee was told that an AI speaks and that it records."""

    script: str
    """Name of the script whose opening was said."""
    script_version: int
    locale: str
    """The language of the opening."""
    mode: Mode | None = None
    """How the opening was said; null before its end."""
    ai: Notice = Field(default_factory=Notice)
    """That an AI speaks."""
    recording: Notice | None = None
    """That the greeting is recorded; null if it is not."""


class Feedback(Record):
    """What the trainee thinks of the greeting, given voluntarily. It is not about the trainee."""

    helpful: bool
    """Thumbs up or down."""
    comment: str = ""
    """One line in the trainee's own words; empty if they wrote none."""
    at: datetime


class Ended(Record):
    """The end of the greeting."""

    reason: str
    """Why the greeting ended: `continue`, `completed`, `silent`, `trainee_left`, `connection_lost`,
    `trainee_never_came`, `room_closed`, `time_limit`, `session_failed`, `worker_shutdown`,
    `worker_lost`, or the reason that the page sent."""
    at: datetime
    closing_said: bool = False
    """The closing line was said completely."""


class Outcome(Record):
    """The result of one greeting. Times are UTC, durations are in seconds."""

    v: Literal[1] = 1
    id: str
    """Id of this greeting. A session that was greeted twice has two outcomes."""
    session_id: str
    trainee_id: str = ""
    """The platform's id of the trainee."""
    chosen_name: str = ""
    """What the trainee asked to be called on the page; empty if they did not."""
    room: str = ""
    script: str
    """Name of the script: a folder in `prompts/`."""
    script_version: int
    script_reason: str = ""
    """Why this script and locale were chosen."""
    industry: str = ""
    locale: str
    """The language spoken last."""
    locales: list[str] = Field(default_factory=list)
    """All languages spoken, in order."""
    mode: Mode | None = None
    """How the agent spoke last; null if it did not speak."""
    answers: dict[str, Answer] = Field(default_factory=dict)
    """By question id, in the order of the script."""
    transcript: list[Line] | None = None
    """Null if the trainee did not consent."""
    recording: Recorded | None = None
    """Null if there is no consent or RECORDING=off."""
    disclosure: Disclosure | None = None
    """The disclosure receipt; null in outcomes of older releases."""
    feedback: Feedback | None = None
    """Null if the trainee gave none. Feedback given after the end is in `greeting.feedback`
    only."""
    ended: Ended | None = None
    """Null during the greeting."""
    started_at: datetime
    """When the job started."""
    met_at: datetime | None = None
    """When the trainee was in the room for the first time."""
    opened_at: datetime | None = None
    """When the agent started to speak."""
    duration_s: float = 0.0
    """From the start of the job to the end of the greeting."""
    talk_s: float = 0.0
    """From the first word to the end of the greeting."""
    avatar_seconds: float = 0.0
    """How long the avatar was in the room."""
    avatar_session_id: str | None = None
    """The id of the session at Beyond Presence."""
    faults: list[Fault] = Field(default_factory=list)
    timeline: Timeline | None = None
    """The times of the start of the greeting; null in outcomes of older releases."""


def field_in(body: str, *path: str) -> Any:
    """Return a field of a stored message; None if it lacks the field or cannot be read."""
    try:
        found = json.loads(body)
        for name in path:
            found = found[name]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return found


def session_id_in(body: str) -> str:
    """Return the session id of a stored outcome; empty if it cannot be read."""
    return str(field_in(body, "session_id") or "")


def is_worker_lost(body: str) -> bool:
    """Return True if the outcome ended with `worker_lost`; False if it cannot be read."""
    return bool(field_in(body, "ended", "reason") == WORKER_LOST)
