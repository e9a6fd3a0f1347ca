"""The OpenAPI document, with the bodies that the routes read themselves and all error codes."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from agent.token_endpoint.errors import ERROR_KINDS, RETRY_AFTER
from agent.token_endpoint.http.schemas import EndRequest, ErrorResponse, GreetingRequest

_RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds to wait before the next request.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_REF = "#/components/schemas/{model}"


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


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """Describe an optional JSON body. The routes read it themselves, within limits."""
    schema = {"$ref": _REF.format(model=model.__name__)}
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


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


def set_openapi(app: FastAPI) -> None:
    """Set the app's OpenAPI document; it is created on the first request for it."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
            _, bodies = models_json_schema(
                [(GreetingRequest, "validation"), (EndRequest, "validation")], ref_template=_REF
            )
            schema["components"]["schemas"].update(bodies["$defs"])
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
