"""The process edge: bodies read within limits, one shape for every error, nothing cached."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
import traceback
from collections.abc import Sequence
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.core.job_metadata import JobMetadata
from agent.core.settings import EndpointSettings
from agent.scripts import script_for
from agent.token_endpoint.metrics import REQUEST_TIME, REQUESTS
from agent.token_endpoint.refusals import RETRY_AFTER, Refused
from agent.token_endpoint.schemas import ErrorAnswer, ErrorDetail, Fallback
from agent.token_endpoint.spans import Spans

logger = logging.getLogger(__name__)
M = TypeVar("M", bound=BaseModel)

BODY_MAX = 64 * 1024  # bytes
BODY_TIMEOUT_S = 5.0


def fallback_for(settings: EndpointSettings, metadata: JobMetadata | None) -> Fallback:
    """The welcome and the way on: by name for a trainee we know, general for anybody else."""
    return _general(settings.continue_url) if metadata is None else _fallback(metadata)


@functools.lru_cache(maxsize=4)
def _general(continue_url: str) -> Fallback:
    """What strangers are told, made once: a flood of them must not be dear."""
    return _fallback(JobMetadata(continue_url=continue_url))


def _fallback(metadata: JobMetadata) -> Fallback:
    script = script_for(metadata)
    return Fallback(
        welcome_text=script.welcome_text,
        continue_url=metadata.continue_url,
        locale=script.locale,
    )


def error_answer(refused: Refused, fallback: Fallback) -> Response:
    """An error as HTTP."""
    headers = dict(refused.headers)
    if (wait_s := RETRY_AFTER.get(refused.kind.status)) is not None:
        headers.setdefault("Retry-After", str(wait_s))
    answer = ErrorAnswer(
        error=ErrorDetail(
            code=refused.code, message=refused.message, retryable=refused.kind.retryable
        ),
        fallback=fallback,
    )
    return JSONResponse(answer.model_dump(), refused.kind.status, headers)


async def read_body(request: Request, model: type[M]) -> M:
    """The request's JSON; an empty body asks for nothing in particular.

    Raises:
        Refused: too large, too slow, not JSON, or with an unusable field, which is named.
    """
    body = await read_bytes(request)
    if not body.strip():
        return model()
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Refused("not_json", "send the body with Content-Type: application/json")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Refused("not_json", "send the body as it is, without Content-Encoding")
    try:
        # Not model_validate_json: it takes NaN and Infinity for JSON.
        asked = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise Refused("malformed_json", "the body is not JSON") from None
    try:
        return model.model_validate(asked)
    except ValidationError as e:
        errors = e.errors(include_url=False, include_context=False, include_input=False)
        raise unusable(errors) from None


def unusable(errors: Sequence[ErrorDetails]) -> Refused:
    """Names every field that cannot be used, and why; never its value."""
    named = {
        ".".join(map(str, error["loc"])) or "body": error["msg"].removeprefix("Value error, ")
        for error in errors
    }
    return Refused(
        "invalid_request", "; ".join(f"{name[:100]}: {why[:200]}" for name, why in named.items())
    )


async def read_bytes(request: Request) -> bytes:
    """The request's body, as it is.

    Raises:
        Refused: too large or too slow.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > BODY_MAX:
        raise Refused("body_too_large", f"the body may have {BODY_MAX} bytes")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_MAX:
                    raise Refused("body_too_large", f"the body may have {BODY_MAX} bytes")
    except TimeoutError:
        raise Refused("body_too_slow", "the body did not arrive in time") from None
    return bytes(body)


class Edge:
    """Catches what nobody expected, forbids caches to keep an answer, hangs up on unread bodies."""

    def __init__(self, app: ASGIApp, *, settings: EndpointSettings, spans: Spans) -> None:
        self._app = app
        self._settings = settings
        self._spans = spans

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0  # until an answer has begun
        asked_at = time.monotonic()
        scope.setdefault("state", {})
        sent = Headers(scope=scope)
        unread = "transfer-encoding" in sent or sent.get("content-length", "0") != "0"

        async def receive_noting_the_end() -> Message:
            nonlocal unread
            message = await receive()
            if not message.get("more_body", False):
                unread = False
            return message

        async def send_uncached(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = "no-store"
                headers["X-Content-Type-Options"] = "nosniff"
                if unread:
                    headers["Connection"] = "close"  # else uvicorn reads on, however much comes
            await send(message)

        try:
            await self._app(scope, receive_noting_the_end, send_uncached)
        except ClientDisconnect:
            return  # nobody is left to answer
        except Exception as e:  # noqa: BLE001 - the process edge: one request fails, not the process
            # Its text is left out: a vendor's error may repeat a token.
            where = traceback.format_tb(e.__traceback__)[-1].strip().partition("\n")[0]
            logger.error("unexpected failure", extra={"error": type(e).__name__, "where": where})
            if not status:
                refused = Refused("internal_error", "something went wrong on our side")
                answer = error_answer(refused, fallback_for(self._settings, None))
                await answer(scope, receive, send_uncached)
            scope["state"]["outcome"] = "internal_error"
        finally:
            took_s = time.monotonic() - asked_at
            _count(scope, took_s)
            self._spans.answered(scope, status=status, took_s=took_s)


def _count(scope: Scope, took_s: float) -> None:
    """One request more; what is asked beside the greetings (probes, docs) has no outcome."""
    path = getattr(scope.get("route"), "path", "").rstrip("/")
    route = "end" if path.endswith("/end") else "start" if "{session_id}" in path else "other"
    REQUESTS.labels(route, scope["state"].get("outcome", "none")).inc()
    REQUEST_TIME.labels(route).observe(took_s)


class Cors(CORSMiddleware):
    """Starlette's, with our shape for the preflight it refuses.

    Args:
        origins: of the pages that may ask.
        continue_url: the way on for whoever is refused.
    """

    def __init__(self, app: ASGIApp, *, origins: Sequence[str], continue_url: str) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=["POST"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key"],
            expose_headers=["Retry-After"],
            max_age=600,
        )
        self._continue_url = continue_url

    def preflight_response(self, request_headers: Headers) -> Response:
        answer = super().preflight_response(request_headers)
        answer.headers["Cache-Control"] = "no-store"
        if answer.status_code < 400:
            return answer
        what = "origin, or its method or headers," if self._knows(request_headers) else "origin"
        refused = error_answer(
            Refused("forbidden", f"this {what} is not allowed"), _general(self._continue_url)
        )
        refused.headers["Cache-Control"] = "no-store"
        refused.headers["Vary"] = "Origin"
        return refused

    def _knows(self, request_headers: Headers) -> bool:
        return self.is_allowed_origin(request_headers.get("origin", ""))
