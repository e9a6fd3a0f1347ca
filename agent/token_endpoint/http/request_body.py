"""Read request bodies within limits of size and time."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Sequence
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json

from agent.token_endpoint.errors import ApiError

M = TypeVar("M", bound=BaseModel)

BODY_MAX = 64 * 1024  # bytes
BODY_TIMEOUT_S = 5.0


async def read_body(request: Request, model: type[M]) -> M:
    """Read and validate the JSON body; an empty body gives the model's defaults.

    Raises:
        ApiError: the body is too large, too slow, not JSON, or has an invalid field.
    """
    body = await read_bytes(request)
    fields = _fields(request, body) if body.strip() else {}
    try:
        return model.model_validate(fields)
    except ValidationError as e:
        errors = e.errors(include_url=False, include_context=False, include_input=False)
        raise validation_error(errors) from None


def validation_error(errors: Sequence[ErrorDetails]) -> ApiError:
    """Return an error that names each invalid field and the reason, but not its value."""
    reasons = {".".join(map(str, error["loc"])) or "body": _reason(error) for error in errors}
    return ApiError(
        "invalid_request",
        "; ".join(f"{name[:100]}: {reason[:200]}" for name, reason in reasons.items()),
    )


def _reason(error: ErrorDetails) -> str:
    if error["type"] in ("model_type", "model_attributes_type", "dict_type"):
        return "must be a JSON object"  # pydantic's text names our class
    return error["msg"].removeprefix("Value error, ")


def _fields(request: Request, body: bytes) -> object:
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise ApiError("not_json", "send the body with Content-Type: application/json")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise ApiError("not_json", "send the body without Content-Encoding")
    try:
        # Not model_validate_json: it accepts NaN and Infinity.
        # .NET writes a byte order mark first; RFC 8259 allows parsers to ignore it.
        return from_json(body.removeprefix(codecs.BOM_UTF8), allow_inf_nan=False)
    except ValueError:
        raise ApiError("malformed_json", "the body is not JSON in UTF-8") from None


async def read_bytes(request: Request) -> bytes:
    """Read the body unchanged.

    Raises:
        ApiError: the body is too large or too slow.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > BODY_MAX:
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_MAX:
                    raise _too_large()
    except TimeoutError:
        raise ApiError("body_too_slow", "the body did not arrive in time") from None
    return bytes(body)


def _too_large() -> ApiError:
    return ApiError("body_too_large", f"the body may have at most {BODY_MAX} bytes")
