"""JobMetadata: what the token endpoint tells the worker about one greeting.

It travels as JSON in the dispatch (or, where LiveKit dispatches by itself, in the room's
metadata). It never carries a key, and its personal data is only what the greeting needs.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from agent.core.errors import JobMetadataError
from agent.core.plain_text import few_words, one_line, person_name

ROOM_PREFIX = "training-session-"
"""A session's room is this plus its session id, as the order has it."""

PROBE_ROOM_PREFIX = "training-greeter-probe-"
"""A room of `python -m agent doctor`: the worker answers for it, and greets nobody there."""

_ID_MAX = 120  # characters; longer ones are cut, never refused
_SESSION_ID_MAX = 128  # the endpoint refuses longer ones


def room_name_of(session_id: str) -> str:
    """The LiveKit room of a training session."""
    return ROOM_PREFIX + session_id


def session_id_of(room_name: str) -> str:
    """The training session of a room; the room's own name where it is not one of ours."""
    return room_name.removeprefix(ROOM_PREFIX)


def _line(limit: int) -> BeforeValidator:
    return BeforeValidator(lambda value: one_line(value, limit))


def _id(value: object) -> str:
    # A primary key, as databases have them.
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        value = str(value)
    return one_line(value, _ID_MAX)


Name = Annotated[str, BeforeValidator(person_name)]
"""Said aloud to its bearer."""
Words = Annotated[str, BeforeValidator(few_words)]
"""Read by the LLM, compared with what scripts are for, and perhaps said."""
Id = Annotated[str, _line(_ID_MAX)]
"""Neither said nor read by the LLM."""
SessionId = Annotated[str, _line(_SESSION_ID_MAX)]


class _Data(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Trainee(_Data):
    """The human to be greeted."""

    id: Annotated[str, BeforeValidator(_id)] = ""
    """The platform's id of the trainee; may be empty."""
    name: Name = ""
    """What to call them; empty where nothing usable was given."""


class Consent(_Data):
    """What the platform says the trainee agreed to; nothing unless it says so."""

    transcript: bool = False
    """The text of the conversation may be kept."""
    recording: bool = False
    """The sound of both sides may be recorded, with captions."""


class JobMetadata(_Data):
    """The dispatch-to-worker contract, version 1."""

    v: Literal[1] = 1
    session_id: SessionId = ""
    """The platform's training session."""
    trainee: Trainee = Field(default_factory=Trainee)
    role: Words = ""
    industry: Words = ""
    training_type: Words = ""
    locale: Id = ""
    """BCP 47 tag as the platform gave it; the script loader decides what it can speak."""
    consent: Consent = Field(default_factory=Consent)
    continue_url: str = ""
    """Where the trainee goes on to; http(s) or empty."""
    asked_at: float | None = None
    """When the endpoint was asked for the greeting, by its clock: seconds since the epoch."""

    def to_json(self) -> str:
        """Compact JSON, a few hundred bytes."""
        return self.model_dump_json()

    def known_from(self, *, metadata: str, name: str) -> JobMetadata:
        """This, and where it knows no trainee, what a participant brings along.

        Args:
            metadata: the participant's own, used if it is ours and readable.
            name: what they are called in the room.
        """
        if self.trainee.name:
            return self
        known = self
        if metadata:
            try:
                brought = JobMetadata.from_json(metadata)
            except JobMetadataError:
                pass  # somebody else's format: nothing to say about it
            else:
                # Nobody consents by walking in.
                own = {"session_id": self.session_id, "consent": self.consent}
                said = {key: value for key, value in brought if value not in ("", None, Trainee())}
                known = self.model_copy(update=said | own)
        if known.trainee.name or not name:
            return known
        trainee = Trainee.model_validate({"id": known.trainee.id, "name": name})
        return known.model_copy(update={"trainee": trainee})

    @classmethod
    def from_json(cls, text: str) -> JobMetadata:
        """Read metadata as `to_json` wrote it; unknown fields are ignored.

        Raises:
            JobMetadataError: not JSON, not an object, another version, or a field of a wrong type.
        """
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
