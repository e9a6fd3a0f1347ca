"""Every answer that is not a success: its code, its status, whether asking again may help."""

from __future__ import annotations

from dataclasses import dataclass

from agent.core.errors import LiveKitError, PlatformKeysError, StoreError, TrainingGreeterError


@dataclass(frozen=True)
class Kind:
    """One row of the table from error to HTTP answer."""

    status: int
    retryable: bool
    meaning: str
    """For the OpenAPI document."""


RETRY_AFTER = {429: 60, 503: 2}
"""Statuses that say when to ask again, in seconds, where nothing nearer is known."""

API_ERRORS = {
    "malformed_request": Kind(400, False, "It is no HTTP, or its head is too long."),
    "malformed_json": Kind(400, False, "The body is not JSON."),
    "unauthorized": Kind(401, False, "No credentials, or not valid ones."),
    "forbidden": Kind(403, False, "The credentials are for another session."),
    "field_not_allowed": Kind(403, False, "The body names something this caller may not choose."),
    "not_found": Kind(404, False, "There is nothing at this address."),
    "method_not_allowed": Kind(405, False, "This address has other methods."),
    "body_too_slow": Kind(408, True, "The body did not arrive in time."),
    "session_ended": Kind(
        409, False, "The greeting is over; the platform's backend may restart it."
    ),
    "body_too_large": Kind(413, False, "The body is larger than 64 KiB."),
    "not_json": Kind(415, False, "The body is of another type than JSON."),
    "invalid_request": Kind(
        422, False, "A field of the address, the body or the claims is unusable."
    ),
    "rate_limited": Kind(429, True, "Asked too often; `Retry-After` says when to ask again."),
    "internal_error": Kind(500, True, "A fault of ours; it has been logged."),
    "livekit_unavailable": Kind(503, True, "LiveKit cannot be reached or refused us."),
    "platform_keys_unavailable": Kind(
        503, True, "The platform's keys (JWKS) cannot be fetched: no token can be verified."
    ),
    "store_unavailable": Kind(503, True, "The store of ended sessions cannot be reached."),
}


class ApiError(TrainingGreeterError):
    """A request is answered with an error.

    Args:
        code: a key of `API_ERRORS`.
        message: for the developer who reads the answer; never a secret or a vendor's text.
    """

    def __init__(self, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.headers = headers or {}

    @property
    def kind(self) -> Kind:
        return API_ERRORS[self.code]


def unauthorized(message: str) -> ApiError:
    """Who asks is not known."""
    return ApiError("unauthorized", message, {"WWW-Authenticate": "Bearer"})


def api_error_for(error: TrainingGreeterError) -> ApiError:
    """What a caller is told of one of our errors; the operator's text stays in the log."""
    match error:
        case ApiError():
            return error
        case LiveKitError():
            return ApiError("livekit_unavailable", "the greeting cannot be started or ended now")
        case PlatformKeysError():
            return ApiError("platform_keys_unavailable", "tokens cannot be verified now")
        case StoreError():
            return ApiError("store_unavailable", "the greeting cannot be started or ended now")
        case _:
            return ApiError("internal_error", "something went wrong on our side")
