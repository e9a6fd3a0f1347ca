"""Request and response bodies, as the OpenAPI document shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StrictBool

from agent.scripts import Introduction
from agent.token_endpoint.platform_fields import PlatformFields, RequestFields

SESSION_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"


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


class EndRequest(RequestFields):
    """Optional: the reason for ending the greeting."""

    reason: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9_.-]{1,64}$",
            description="The end reason: one word, stored in the outcome.",
        ),
    ] = "continue"


class FeedbackRequest(RequestFields):
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
