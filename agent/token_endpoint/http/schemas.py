"""Request and response bodies, as the OpenAPI document shows them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    WithJsonSchema,
    model_validator,
)

from agent.core.job_metadata import JobMetadata
from agent.scripts import Introduction

Lenient = Annotated[
    Any,
    WithJsonSchema(
        {"description": "Text. Other values and unusable characters are removed, not rejected."}
    ),
]
SESSION_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
_HTTP_URL = re.compile(
    r"(https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?([/?#][^\s\\<>\"]*)?)?"
)
_URL_MAX = 2048


def _http_url(value: str) -> str:
    if len(value) > _URL_MAX or not _HTTP_URL.fullmatch(value):
        raise ValueError("must be an http(s) URL, or empty for CONTINUE_URL")
    try:
        value.encode()
    except UnicodeEncodeError:
        # A JWT's claims may contain a lone surrogate (\ud800), which no response can repeat.
        raise ValueError("must be valid Unicode text") from None
    return value


ContinueUrl = Annotated[
    str,
    AfterValidator(_http_url),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": _URL_MAX,
            "pattern": f"^{_HTTP_URL.pattern}$",
            "description": "The trainee's next page: http(s), or empty for CONTINUE_URL.",
        }
    ),
]


def snake_case(name: str) -> str:
    """Convert a field name: as in protobuf's JSON, `roomName` and `room_name` are the same."""
    return re.sub(r"(?<=[a-z])[A-Z]", lambda m: "_" + m[0].lower(), name)


def _without_defaults(schema: dict[str, Any]) -> None:
    """Leave defaults out: openapi-typescript makes a field with a default a required one."""
    for field in schema["properties"].values():
        field.pop("default", None)


class _RequestFields(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, json_schema_extra=_without_defaults)

    @model_validator(mode="before")
    @classmethod
    def _either_case(cls, value: Any) -> Any:
        return {snake_case(k): v for k, v in value.items()} if isinstance(value, dict) else value


class TraineeFields(_RequestFields):
    """The trainee to greet."""

    id: Lenient = None
    name: Lenient = None


class ConsentFields(_RequestFields):
    """What the trainee agreed to. Only `true` counts as consent."""

    transcript: StrictBool | None = None
    recording: StrictBool | None = None


class PlatformFields(_RequestFields):
    """Fields that only the platform may set: in the body or in the claims of its JWT."""

    trainee: TraineeFields | None = None
    role: Lenient = None
    industry: Lenient = None
    training_type: Lenient = None
    locale: Lenient = None
    consent: ConsentFields | None = None
    continue_url: ContinueUrl | None = None

    def job_metadata(self, session_id: str, *, subject: str, continue_url: str) -> JobMetadata:
        """Return the fields as job metadata for the worker.

        Args:
            subject: the trainee's id, if the fields have none.
            continue_url: used if the fields have none.
        """
        trainee = self.trainee or TraineeFields()
        consent = self.consent or ConsentFields()
        return JobMetadata.model_validate(
            {
                "session_id": session_id,
                "trainee": {
                    # 0 is an id, too.
                    "id": subject if trainee.id in (None, "") else trainee.id,
                    "name": trainee.name,
                },
                "role": self.role,
                "industry": self.industry,
                "training_type": self.training_type,
                "locale": self.locale,
                "consent": {
                    "transcript": consent.transcript is True,
                    "recording": consent.recording is True,
                },
                "continue_url": self.continue_url or continue_url,
            }
        )


class GreetingRequest(PlatformFields):
    """A LiveKit TokenSource request, the platform's fields, and our own. All are optional.

    The endpoint chooses room, identity, agent and grants. A request that sets another value, or a
    field that is not listed here, is answered 403 with the field's name. Empty values are always
    accepted. `participant_name` is ignored: the name that is spoken comes from the platform. A
    trainee's browser may not set the platform's fields (403).
    """

    room_name: str | None = None
    participant_name: str | None = None
    participant_identity: str | None = None
    participant_metadata: str | None = None
    participant_attributes: dict[str, Any] | None = None
    room_config: dict[str, Any] | None = None
    client: Annotated[
        str | None,
        Field(description="`avatar-greeting` if the client reports when it can play sound."),
    ] = None
    restart: Annotated[
        StrictBool | None,
        Field(description="Backend only. Start a new greeting even if the session has ended."),
    ] = None
    join_timeout_s: Annotated[
        float | None,
        Field(
            strict=True,
            ge=1,
            allow_inf_nan=False,
            json_schema_extra={"maximum": 40},  # of JOIN_TIMEOUT_MAX_S; the route checks its value
            description="Backend only. How long the avatar waits for a trainee who has not joined, "
            "in seconds, up to JOIN_TIMEOUT_MAX_S. By default TRAINEE_JOIN_TIMEOUT_S. Only the "
            "request that starts the greeting sets it.",
        ),
    ] = None


class EndRequest(_RequestFields):
    """Optional: the reason for ending the greeting."""

    reason: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9_.-]{1,64}$",
            description="The end reason: one word, stored in the outcome.",
        ),
    ] = "continue"


class FeedbackRequest(_RequestFields):
    """What the trainee thinks of the greeting."""

    helpful: Annotated[StrictBool, Field(description="Thumbs up or down.")]
    comment: Annotated[
        str, Field(description="One line; only the first 500 characters are kept.")
    ] = ""


class Fallback(BaseModel):
    """What your page shows if an error occurs: a welcome message and a Continue button."""

    welcome_text: str
    continue_url: str
    locale: Annotated[
        str, Field(description="The language of `welcome_text`, as a BCP 47 tag like `es`.")
    ]


class GreetingResponse(BaseModel):
    """The room and its token, also in the format of a LiveKit TokenSource."""

    success: Literal[True] = True
    session_id: str
    room_name: str
    livekit_url: str
    livekit_token: str
    server_url: Annotated[str, Field(description="The same as `livekit_url`.")]
    participant_token: Annotated[str, Field(description="The same as `livekit_token`.")]
    fallback: Fallback
    introduction: Annotated[
        Introduction, Field(description="What your page can say before the greeting begins.")
    ]
    rejoins: Annotated[
        bool,
        Field(
            description="The trainee was in the room with the agent before, for example before a "
            "reload. The agent waits only a few seconds for them: let the page join at once."
        ),
    ]


class EndResponse(BaseModel):
    """The greeting has ended, by this call or an earlier one."""

    success: Literal[True] = True
    session_id: str
    room_name: str
    fallback: Fallback


class FeedbackResponse(BaseModel):
    """The feedback is stored, and sent to the platform in a few minutes."""

    success: Literal[True] = True
    session_id: str


class ErrorDetail(BaseModel):
    """The error."""

    code: str
    message: str
    retryable: bool


class ErrorResponse(BaseModel):
    """The body of every error."""

    success: Literal[False] = False
    error: ErrorDetail
    fallback: Fallback


class WebhookResponse(BaseModel):
    """The webhook was accepted."""

    success: Literal[True] = True
    used: Annotated[bool, Field(description="Whether the endpoint acts on it.")]


class Health(BaseModel):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether greetings can start, and what is missing."""

    ready: bool
    store: bool
    """The store has answered in the last 15 s."""
    livekit: bool
    """LiveKit has answered in the last 15 s."""
