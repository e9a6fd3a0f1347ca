"""Read request bodies within limits of size and time."""

from __future__ import annotations

import asyncio
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
    """The request's JSON; an empty body asks for nothing in particular.

    Raises:
        ApiError: too large, too slow, not JSON, or with an unusable field, which is named.
    """
    body = await read_bytes(request)
    if not body.strip():
        return model()
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise ApiError("not_json", "send the body with Content-Type: application/json")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise ApiError("not_json", "send the body as it is, without Content-Encoding")
    try:
        # Not model_validate_json: it takes NaN and Infinity for JSON.
        asked = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise ApiError("malformed_json", "the body is not JSON") from None
    try:
        return model.model_validate(asked)
    except ValidationError as e:
        errors = e.errors(include_url=False, include_context=False, include_input=False)
        raise validation_error(errors) from None


def validation_error(errors: Sequence[ErrorDetails]) -> ApiError:
    """Names every field that cannot be used, and why; never its value."""
    named = {
        ".".join(map(str, error["loc"])) or "body": error["msg"].removeprefix("Value error, ")
        for error in errors
    }
    return ApiError(
        "invalid_request", "; ".join(f"{name[:100]}: {why[:200]}" for name, why in named.items())
    )


async def read_bytes(request: Request) -> bytes:
    """The request's body, as it is.

    Raises:
        ApiError: too large or too slow.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > BODY_MAX:
        raise ApiError("body_too_large", f"the body may have {BODY_MAX} bytes")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_MAX:
                    raise ApiError("body_too_large", f"the body may have {BODY_MAX} bytes")
    except TimeoutError:
        raise ApiError("body_too_slow", "the body did not arrive in time") from None
    return bytes(body)
