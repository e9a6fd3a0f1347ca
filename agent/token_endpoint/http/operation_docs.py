"""What the OpenAPI document says of a route that FastAPI cannot know: body, security and errors.

`api_document` builds the whole document.
"""

from __future__ import annotations

from typing import Any

from fastapi.routing import APIRoute
from pydantic import BaseModel

from agent.token_endpoint.errors import ERROR_KINDS, RETRY_AFTER
from agent.token_endpoint.http.schemas import ErrorResponse

_RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds to wait before the next request.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
REF = "#/components/schemas/{model}"

SECURITY_SCHEMES: dict[str, Any] = {
    "HTTPBearer": {
        "type": "http",
        "description": "A platform JWT. To end a greeting, its room token is accepted too.",
        "scheme": "bearer",
    },
    "APIKeyHeader": {
        "type": "apiKey",
        "description": "The key of the platform's backend.",
        "in": "header",
        "name": "X-API-Key",
    },
}
SECURITY: dict[str, Any] = {"security": [{name: []} for name in SECURITY_SCHEMES]}
"""Either of them authenticates the caller of an operation; see `authenticate`."""

WEBHOOK_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/webhook+json": {
                "schema": {
                    "type": "object",
                    "description": "LiveKit's WebhookEvent, as it sends it.",
                }
            }
        },
    }
}
"""The body of LiveKit's webhooks."""


def operation_id(route: APIRoute) -> str:
    """Name operations by their function, so that generated clients have short names."""
    return route.name


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """Describe a JSON body. The routes read it themselves, within limits."""
    content = {"application/json": {"schema": {"$ref": REF.format(model=model.__name__)}}}
    if any(field.is_required() for field in model.model_fields.values()):
        return {"requestBody": {"required": True, "content": content}}
    return {"requestBody": {"content": content}}


def error_responses(*, but: tuple[str, ...] = ()) -> dict[int | str, dict[str, Any]]:
    """Describe the errors of an operation, by status.

    Args:
        but: codes that the operation never returns.
    """
    responses: dict[int | str, dict[str, Any]] = {}
    for code, kind in ERROR_KINDS.items():
        if code in but:
            continue
        meaning = f"`{code}`: {kind.meaning}"
        response = responses.setdefault(kind.status, {"model": ErrorResponse, "description": ""})
        if kind.status in RETRY_AFTER:
            response["headers"] = _RETRY_AFTER
        response["description"] = f"{response['description']} {meaning}".strip()
    return responses
