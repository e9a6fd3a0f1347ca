"""What is asked of the endpoint and what it answers, as the OpenAPI document shows it."""

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

Lenient = Annotated[
    Any,
    WithJsonSchema(
        {"description": "Text. Anything else, or odd text, is cleaned or left out, never refused."}
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
        # A JWT's claims may hold half a character (\ud800), which no answer of ours could repeat.
        raise ValueError("must be text") from None
    return value


ContinueUrl = Annotated[
    str,
    AfterValidator(_http_url),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": _URL_MAX,
            "pattern": f"^{_HTTP_URL.pattern}$",
            "description": "Where the trainee goes on to: http(s), or empty for CONTINUE_URL.",
        }
    ),
]


def snake_case(name: str) -> str:
    """`roomName` and `room_name` are the same field, as in protobuf's JSON."""
    return re.sub(r"(?<=[a-z])[A-Z]", lambda m: "_" + m[0].lower(), name)


class _RequestFields(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _either_case(cls, value: Any) -> Any:
        return {snake_case(k): v for k, v in value.items()} if isinstance(value, dict) else value


class TraineeFields(_RequestFields):
    """The human to be greeted."""

    id: Lenient = None
    name: Lenient = None


class ConsentFields(_RequestFields):
    """What the trainee agreed to: nothing, unless the platform says `true`."""

    transcript: StrictBool | None = None
    recording: StrictBool | None = None


class PlatformFields(_RequestFields):
    """What only the platform may say: its backend in the body, or its JWT in claims."""

    trainee: TraineeFields | None = None
    role: Lenient = None
    industry: Lenient = None
    training_type: Lenient = None
    locale: Lenient = None
    consent: ConsentFields | None = None
    continue_url: ContinueUrl | None = None

    def job_metadata(self, session_id: str, *, subject: str, continue_url: str) -> JobMetadata:
        """These fields as the worker gets them, cleaned.

        Args:
            subject: the trainee's id where none is given.
            continue_url: where to go on to where none is given.
        """
        trainee = self.trainee or TraineeFields()
        consent = self.consent or ConsentFields()
        return JobMetadata.model_validate(
            {
                "session_id": session_id,
                "trainee": {"id": trainee.id or subject, "name": trainee.name},
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
    """All optional: a standard LiveKit TokenSource request, what the platform says, and our own.

    Room, identity, agent and grants are the endpoint's to choose: naming anything else than what
    one would get anyway, or any field that is not listed here, is answered 403 with its name.
    Empty values are never refused. `participant_name` is ignored: the name that is spoken comes
    from the platform. A trainee's browser may not send the platform's fields (403).
    """

    room_name: str | None = None
    participant_name: str | None = None
    participant_identity: str | None = None
    participant_metadata: str | None = None
    participant_attributes: dict[str, Any] | None = None
    room_config: dict[str, Any] | None = None
    client: Annotated[
        str | None,
        Field(description="`avatar-greeting`: this client reports when sound can be heard."),
    ] = None
    restart: Annotated[
        StrictBool | None,
        Field(description="The backend alone: greet again although the session has ended."),
    ] = None


class EndRequest(_RequestFields):
    """Why the greeting ends. All optional."""

    reason: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9_.-]{1,64}$",
            description="One word, kept as the reason of the end.",
        ),
    ] = "continue"


class Fallback(BaseModel):
    """With this the page can always welcome, and always let go."""

    welcome_text: str
    continue_url: str
    locale: Annotated[
        str, Field(description="The language of `welcome_text`, as a BCP 47 tag like `es`.")
    ]


class GreetingResponse(BaseModel):
    """The order's answer and LiveKit's TokenSource answer in one object."""

    success: Literal[True] = True
    session_id: str
    room_name: str
    livekit_url: str
    livekit_token: str
    server_url: Annotated[str, Field(description="The same as `livekit_url`.")]
    participant_token: Annotated[str, Field(description="The same as `livekit_token`.")]
    fallback: Fallback


class EndResponse(BaseModel):
    """The greeting is over, whether this call ended it or an earlier one."""

    success: Literal[True] = True
    session_id: str
    room_name: str
    fallback: Fallback


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: str
    message: str
    retryable: bool


class ErrorResponse(BaseModel):
    """Every error has this shape."""

    success: Literal[False] = False
    error: ErrorDetail
    fallback: Fallback


class WebhookResponse(BaseModel):
    """An event of LiveKit's was taken."""

    success: Literal[True] = True
    used: Annotated[bool, Field(description="Whether it said anything to this endpoint.")]


class Health(BaseModel):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether greetings can be started, and what is missing."""

    ready: bool
    store: bool
    """The store has answered lately."""
    livekit: bool
    """LiveKit has answered lately."""
