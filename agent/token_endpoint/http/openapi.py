"""The OpenAPI document: bodies we read ourselves, and every status we answer."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from agent.token_endpoint.errors import API_ERRORS, RETRY_AFTER
from agent.token_endpoint.http.schemas import EndRequest, ErrorResponse, GreetingRequest

_RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds to wait before asking again.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_REF = "#/components/schemas/{model}"


EVENT_BODY: dict[str, Any] = {
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
"""The body of LiveKit's webhooks: LiveKit's own, and signed as it is."""


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """An optional JSON body; the routes read it themselves, within limits."""
    schema = {"$ref": _REF.format(model=model.__name__)}
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


def error_responses(*, but: tuple[str, ...] = ()) -> dict[int | str, dict[str, Any]]:
    """Every error an operation answers, by status."""
    answers: dict[int | str, dict[str, Any]] = {}
    for code, kind in API_ERRORS.items():
        if code in but:
            continue
        said = f"`{code}`: {kind.meaning}"
        known = answers.setdefault(kind.status, {"model": ErrorResponse, "description": ""})
        if kind.status in RETRY_AFTER:
            known["headers"] = _RETRY_AFTER
        known["description"] = f"{known['description']} {said}".strip()
    return answers


def set_openapi(app: FastAPI) -> None:
    """Give the app its document, made once."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, routes=app.routes)
            _, bodies = models_json_schema(
                [(GreetingRequest, "validation"), (EndRequest, "validation")], ref_template=_REF
            )
            made["components"]["schemas"].update(bodies["$defs"])
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
