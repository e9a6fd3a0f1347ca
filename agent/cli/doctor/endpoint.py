"""Endpoint: is it there, is it ours, and does it let in whom these settings let in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import jwt

from agent.cli.doctor.answer import Answer, Caller, NoAnswer, shown
from agent.cli.doctor.finding import Finding, failed, ok, skipped, warning
from agent.cli.doctor.given import Given, plain
from agent.core.settings import EndpointSettings

_GREETING = "/api/users/sessions/doctor/avatar-greeting/"
_UNREAD = b"{"
"""Who asks is looked at before what is asked: with the right key this is 'not JSON', and no more
happens."""


async def check(given: Given, caller: Caller) -> AsyncIterator[Finding]:
    if lacking := given.lacks("ENDPOINT_URL"):
        yield skipped("endpoint.reachable", lacking)
        return
    base = given.worker.endpoint_url.rstrip("/")
    if not base:
        yield skipped("endpoint.reachable", "ENDPOINT_URL is not set: nobody knows where it is")
        return
    try:
        health = await caller.ask("the endpoint", "GET", f"{base}/healthz")
    except NoAnswer as e:
        yield failed(
            "endpoint.reachable",
            f"ENDPOINT_URL: {e.what}",
            f"{e.fix}; it is started by python -m agent.token_endpoint",
        )
        return
    told = health.json()
    if health.status != 200 or not isinstance(told, dict) or told.get("status") != "ok":
        yield failed(
            "endpoint.reachable",
            f"what answers at {shown(base)} is not the endpoint (HTTP {health.status})",
            "ENDPOINT_URL is its address without /api/…: check host, port and any proxy",
        )
        return
    yield ok("endpoint.reachable", f"the endpoint answers at {shown(base)}")
    if "endpoint" not in given.parts:
        return
    checks = (_key(given, caller, base), _jwt(given, caller, base), _origin(given, caller, base))
    for finding in await asyncio.gather(*checks):
        if finding is not None:
            yield finding


async def _key(given: Given, caller: Caller, base: str) -> Finding | None:
    key = plain(given.endpoint.platform_api_key)
    if lacking := given.lacks("PLATFORM_API_KEY"):
        return skipped("endpoint.key", lacking)
    if not key:
        return skipped("endpoint.key", "PLATFORM_API_KEY is not set: backends have no way in")
    return await _let_in("endpoint.key", "PLATFORM_API_KEY", caller, base, {"X-API-Key": key})


async def _jwt(given: Given, caller: Caller, base: str) -> Finding | None:
    if given.lacks("PLATFORM_JWT_SECRET") or not given.endpoint.platform_jwt_secret:
        return None
    bearer = {"Authorization": f"Bearer {signed_as_the_platform_does(given.endpoint)}"}
    return await _let_in("endpoint.jwt", "PLATFORM_JWT_SECRET", caller, base, bearer)


def signed_as_the_platform_does(settings: EndpointSettings) -> str:
    """A JWT for the session `doctor`, good for a minute, by PLATFORM_JWT_SECRET."""
    demanded = {"iss": settings.platform_jwt_issuer, "aud": settings.platform_jwt_audience}
    claims = {
        "sub": "doctor",
        "session_id": "doctor",
        "exp": int(time.time()) + 60,
        **{name: value for name, value in demanded.items() if value},
    }
    return jwt.encode(claims, plain(settings.platform_jwt_secret), "HS256")


async def _let_in(check: str, name: str, caller: Caller, base: str, who: dict[str, str]) -> Finding:
    try:
        answer = await caller.ask(
            "the endpoint",
            "POST",
            base + _GREETING,
            headers={**who, "Content-Type": "application/json"},
            body=_UNREAD,
        )
    except NoAnswer as e:
        return failed(check, f"the endpoint: {e.what}", e.fix)
    code = _code(answer)
    if answer.status == 400 and code == "malformed_json":
        return ok(check, f"the endpoint accepts {name}")
    if answer.status == 401:
        return failed(
            check,
            f"the endpoint does not accept {name}",
            f"give it the same {name} as here, and restart it",
        )
    if answer.status == 429:
        return warning(check, "the endpoint answers 429: too many asked", "wait, and try again")
    return failed(
        check,
        f"the endpoint answers {answer.status} where it should ask for JSON",
        "something between changes requests, or it is of another release: look at its log",
    )


def _code(answer: Answer) -> str:
    told = answer.json()
    error = told.get("error") if isinstance(told, dict) else None
    return str(error.get("code", "")) if isinstance(error, dict) else ""


async def _origin(given: Given, caller: Caller, base: str) -> Finding | None:
    """Ask as a browser does before it lets a page call."""
    origins = [o for o in given.endpoint.cors_allowed_origins if o != "*"]
    if not origins or given.lacks("CORS_ALLOWED_ORIGINS"):
        return None
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    try:
        answers = await asyncio.gather(
            *(
                caller.ask(
                    "the endpoint", "OPTIONS", base + _GREETING, headers={"Origin": o, **asked}
                )
                for o in origins
            )
        )
    except NoAnswer as e:
        return warning("endpoint.origins", f"the endpoint: {e.what}", e.fix)
    allowed = [_allows(a, o) for a, o in zip(answers, origins, strict=True)]
    if all(allowed):
        return ok("endpoint.origins", f"the endpoint lets {len(origins)} origins of pages call it")
    return failed(
        "endpoint.origins",
        f"the endpoint refuses {origins[allowed.index(False)]}, which is in CORS_ALLOWED_ORIGINS",
        "restart it with these settings; it wants scheme and host alone, no path and no slash",
    )


def _allows(answer: Answer, origin: str) -> bool:
    told = {k.lower(): v for k, v in answer.headers.items()}.get("access-control-allow-origin")
    return answer.status < 400 and told in {origin, "*"}
