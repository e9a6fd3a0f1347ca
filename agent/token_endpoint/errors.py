"""Every error response: its code, its HTTP status, and whether a retry may help."""

from __future__ import annotations

from dataclasses import dataclass

from agent.core.errors import LiveKitError, PlatformKeysError, StoreError, TrainingGreeterError
from agent.store import LimitReached


@dataclass(frozen=True)
class ErrorKind:
    """One row of the table from error code to HTTP response."""

    status: int
    retryable: bool
    meaning: str
    """For the OpenAPI document."""


RETRY_AFTER = {429: 60, 503: 2}
"""Seconds of `Retry-After` by status, if the error has no better value."""

ERROR_KINDS = {
    "malformed_request": ErrorKind(
        400, False, "The request is not valid HTTP, or its headers are too long."
    ),
    "malformed_json": ErrorKind(400, False, "The body is not JSON."),
    "unauthorized": ErrorKind(401, False, "The credentials are missing or not valid."),
    "forbidden": ErrorKind(403, False, "The credentials are for another session."),
    "field_not_allowed": ErrorKind(
        403, False, "The body contains a field that this caller may not set."
    ),
    "not_found": ErrorKind(404, False, "The path does not exist."),
    "method_not_allowed": ErrorKind(405, False, "The method is not allowed for this path."),
    "body_too_slow": ErrorKind(408, True, "The body did not arrive in time."),
    "session_ended": ErrorKind(
        409, False, "The greeting has ended; the platform's backend may restart it."
    ),
    "feedback_not_kept": ErrorKind(
        409,
        False,
        "The greeting has no outcome, has not ended, its feedback was sent already, or "
        "OUTCOME_DETAIL=aggregate.",
    ),
    "body_too_large": ErrorKind(413, False, "The body is larger than 64 KiB."),
    "not_json": ErrorKind(415, False, "The Content-Type is not JSON."),
    "invalid_request": ErrorKind(
        422, False, "A field of the path, the body or the claims is not valid."
    ),
    "rate_limited": ErrorKind(
        429, True, "Too many requests; `Retry-After` says when to try again."
    ),
    "internal_error": ErrorKind(500, True, "An error in the endpoint; it is logged."),
    "livekit_unavailable": ErrorKind(503, True, "LiveKit cannot be reached or refused a call."),
    "platform_keys_unavailable": ErrorKind(
        503, True, "The platform's keys (JWKS) cannot be fetched, so no token can be verified."
    ),
    "store_unavailable": ErrorKind(503, True, "The store cannot be reached."),
}


class ApiError(TrainingGreeterError):
    """A request that is answered with an error.

    Args:
        code: a key of `ERROR_KINDS`.
        message: for the developer who reads the response; never a secret or a vendor's text.
    """

    def __init__(self, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.headers = headers or {}

    @property
    def kind(self) -> ErrorKind:
        return ERROR_KINDS[self.code]


def unauthorized(message: str) -> ApiError:
    """Return the error for missing or invalid credentials."""
    return ApiError("unauthorized", message, {"WWW-Authenticate": "Bearer"})


def api_error_for(error: TrainingGreeterError) -> ApiError:
    """Return what the caller sees of an error. Its own text is for the operator, in the log."""
    match error:
        case ApiError():
            return error
        case LimitReached():
            return ApiError("rate_limited", str(error), {"Retry-After": str(error.wait_s)})
        case LiveKitError():
            return ApiError(
                "livekit_unavailable", "LiveKit is not available; the greeting cannot start or end"
            )
        case PlatformKeysError():
            return ApiError("platform_keys_unavailable", "tokens cannot be verified at the moment")
        case StoreError():
            return ApiError(
                "store_unavailable", "the store is not available; the greeting cannot start or end"
            )
        case _:
            return ApiError("internal_error", "an error in the endpoint; it is logged")
