"""What the platform says about a greeting, in the body of a request or in the claims of its JWT."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StrictBool,
    WithJsonSchema,
    model_validator,
)

from agent.core.job_metadata import JobMetadata

Lenient = Annotated[
    Any,
    WithJsonSchema(
        {"description": "Text. Other values and unusable characters are removed, not rejected."}
    ),
]
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


class RequestFields(BaseModel):
    """Fields of a request, in either case; those that are not listed are kept."""

    model_config = ConfigDict(extra="allow", frozen=True, json_schema_extra=_without_defaults)

    @model_validator(mode="before")
    @classmethod
    def _either_case(cls, value: Any) -> Any:
        return {snake_case(k): v for k, v in value.items()} if isinstance(value, dict) else value


class TraineeFields(RequestFields):
    """The trainee to greet."""

    id: Lenient = None
    name: Lenient = None


class ConsentFields(RequestFields):
    """What the trainee agreed to. Only `true` counts as consent."""

    transcript: StrictBool | None = None
    recording: StrictBool | None = None


class PlatformFields(RequestFields):
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
