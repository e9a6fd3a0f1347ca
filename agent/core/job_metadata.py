"""JobMetadata: what the token endpoint sends to the worker about one greeting.

It is JSON in the dispatch, or in the room's metadata if LiveKit dispatches the agent itself. It
contains no key, and only the personal data that the greeting needs.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from agent.core.errors import JobMetadataError
from agent.core.names import clean_name
from agent.core.plain_text import one_line, short_text

ROOM_PREFIX = "training-session-"
"""The name of a session's room is this prefix and the session id."""

PROBE_ROOM_PREFIX = "training-greeter-probe-"
"""Prefix of rooms of `python -m agent doctor`: the worker rejects the job, which shows it is up."""

_ID_MAX = 120  # characters; longer ids are cut
_SESSION_ID_MAX = 128  # characters; the token endpoint refuses longer ids


def room_name_of(session_id: str) -> str:
    """Return the name of the LiveKit room of a training session."""
    return ROOM_PREFIX + session_id


def session_id_of(room_name: str) -> str:
    """Return the session id of a room, or the room's name if it does not have our prefix."""
    return room_name.removeprefix(ROOM_PREFIX)


def _line(limit: int) -> BeforeValidator:
    return BeforeValidator(lambda value: one_line(value, limit))


def _id(value: object) -> str:
    # The primary key of a database is often an integer.
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        value = str(value)
    return one_line(value, _ID_MAX)


def _locale(value: object) -> str:
    """Return the first tag of `de-AT,de;q=0.9`, as browsers send it, and of `de_AT.UTF-8`."""
    return re.split(r"[,;.@\s]", one_line(value, _ID_MAX), maxsplit=1)[0]


Name = Annotated[str, BeforeValidator(clean_name)]
"""The agent says it to the trainee."""
ShortText = Annotated[str, BeforeValidator(short_text)]
"""The LLM reads it, scripts are chosen by it, and the agent may say it."""
Id = Annotated[str, _line(_ID_MAX)]
"""The agent does not say it, and the LLM does not read it."""
SessionId = Annotated[str, _line(_SESSION_ID_MAX)]


class _Data(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class TraineeDetails(_Data):
    """The trainee to greet."""

    id: Annotated[str, BeforeValidator(_id)] = ""
    """The platform's id of the trainee, or empty."""
    name: Name = ""
    """The name to say, or empty if no usable name was given."""


class Consent(_Data):
    """What the trainee agreed to, according to the platform."""

    transcript: bool = False
    """The text of the conversation may be stored."""
    recording: bool = False
    """The audio of trainee and agent may be recorded, with captions."""


class JobMetadata(_Data):
    """What the worker gets to know about one greeting (version 1)."""

    v: Literal[1] = 1
    session_id: SessionId = ""
    """The platform's training session."""
    trainee: TraineeDetails = Field(default_factory=TraineeDetails)
    role: ShortText = ""
    industry: ShortText = ""
    training_type: ShortText = ""
    locale: Annotated[str, BeforeValidator(_locale)] = ""
    """The platform's BCP 47 tag; `agent.scripts` chooses a language that a script exists in."""
    consent: Consent = Field(default_factory=Consent)
    continue_url: str = ""
    """The http(s) address that the Continue button opens, or empty."""
    join_timeout_s: Annotated[float, Field(ge=1, le=40)] | None = None
    """How long the worker waits for the trainee; None: TRAINEE_JOIN_TIMEOUT_S."""
    asked_at: float | None = None
    """When the token endpoint got the request for the greeting (Unix time in seconds)."""

    def to_json(self) -> str:
        return self.model_dump_json()

    def with_trainee_name(self, name: str) -> JobMetadata:
        trainee = self.trainee.model_copy(update={"name": name})
        return self.model_copy(update={"trainee": trainee})

    @classmethod
    def from_json(cls, text: str) -> JobMetadata:
        """Parse metadata of `to_json`; unknown fields are ignored. Raises JobMetadataError."""
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError) as e:
            raise JobMetadataError("job metadata is not JSON") from e
        if not isinstance(raw, dict):
            raise JobMetadataError("job metadata is not a JSON object")
        try:
            return cls.model_validate(raw)
        except ValidationError as e:
            fields = ", ".join(".".join(map(str, err["loc"])) or "?" for err in e.errors())
            raise JobMetadataError(f"job metadata has unusable fields: {fields}") from None
