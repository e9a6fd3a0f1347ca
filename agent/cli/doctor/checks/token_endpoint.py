"""Token endpoint: whether ENDPOINT_URL is reachable, and accepts the configured credentials."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import jwt

from agent import __version__
from agent.cli.doctor.configuration import Configuration, plain
from agent.cli.doctor.http_client import HttpClient, NoResponse, host_and_port
from agent.cli.doctor.result import CheckResult, failed, ok, reports, skipped, warning
from agent.core.settings import EndpointSettings

_SERVER = "the token endpoint"
_GREETING = "/api/users/sessions/doctor/avatar-greeting/"
_CLAIMS = {
    "aud is not": "PLATFORM_JWT_AUDIENCE",
    "has no aud": "PLATFORM_JWT_AUDIENCE",
    "iss is not": "PLATFORM_JWT_ISSUER",
    "has no iss": "PLATFORM_JWT_ISSUER",
}
"""What the endpoint says about a JWT, and the setting that differs."""
_INVALID_BODY = b"{"
"""An incomplete body. The endpoint checks credentials first: with valid credentials it answers "not
JSON", and nothing else happens."""


@reports(
    "endpoint.reachable",
    needs=("ENDPOINT_URL",),
    address="ENDPOINT_URL",
    hint="; start it with python -m agent.token_endpoint",
)
async def check(config: Configuration, http: HttpClient) -> AsyncIterator[CheckResult]:
    base = config.worker.endpoint_url.rstrip("/")
    if not base:
        why = "ENDPOINT_URL is not set, so the token endpoint could not be checked"
        yield skipped("endpoint.reachable", why)
        return
    health = await http.request(_SERVER, "GET", f"{base}/healthz")
    if health.status != 200 or health.value("status") != "ok":
        yield failed(
            "endpoint.reachable",
            f"the server at {host_and_port(base)} is not the token endpoint (HTTP {health.status})",
            "set ENDPOINT_URL to its address without /api/…; check host, port and any proxy",
        )
        return
    yield ok("endpoint.reachable", f"the token endpoint answers at {host_and_port(base)}")
    if (version := await _version(http, base)) is not None:
        yield version
    if "endpoint" not in config.parts:
        return
    checks = (_key(config, http, base), _jwt(config, http, base), _origin(config, http, base))
    for result in await asyncio.gather(*checks):
        if result is not None:
            yield result


async def _version(http: HttpClient, base: str) -> CheckResult | None:
    """Compare the endpoint's version with this one; None if a proxy hides its description."""
    try:
        response = await http.request(_SERVER, "GET", f"{base}/openapi.json")
    except NoResponse:
        return None
    version = response.value("info", "version")
    if response.status != 200 or not isinstance(version, str):
        return None
    if version == __version__:
        return ok("endpoint.version", f"the token endpoint has this version, {version}")
    return warning(
        "endpoint.version",
        f"the token endpoint has version {version[:20]}, and this is {__version__}",
        "upgrade the endpoint first, then the workers: a new worker may not work with an old "
        "endpoint (docs/upgrading.md)",
    )


async def _key(config: Configuration, http: HttpClient, base: str) -> CheckResult | None:
    key = plain(config.endpoint.platform_api_key)
    if not key:
        why = "PLATFORM_API_KEY is not set: your backend cannot call the token endpoint"
        return skipped("endpoint.key", config.lacks("PLATFORM_API_KEY") or why)
    return await _accepts("endpoint.key", "PLATFORM_API_KEY", http, base, {"X-API-Key": key})


async def _jwt(config: Configuration, http: HttpClient, base: str) -> CheckResult | None:
    if config.lacks("PLATFORM_JWT_SECRET") or not config.endpoint.platform_jwt_secret:
        return None
    # Valid by the endpoint's clock: if the clocks differ, the check `clock` says so.
    now = time.time() - http.clock_offsets.get(_SERVER, 0.0)
    bearer = {"Authorization": f"Bearer {sign_platform_jwt(config.endpoint, now)}"}
    return await _accepts("endpoint.jwt", "PLATFORM_JWT_SECRET", http, base, bearer)


def sign_platform_jwt(settings: EndpointSettings, now: float) -> str:
    """Sign a JWT for the session `doctor` with PLATFORM_JWT_SECRET, valid for a minute."""
    demanded = {"iss": settings.platform_jwt_issuer, "aud": settings.platform_jwt_audience}
    claims = {
        "sub": "doctor",
        "session_id": "doctor",
        "exp": int(now) + 60,
        **{name: value for name, value in demanded.items() if value},
    }
    return jwt.encode(claims, plain(settings.platform_jwt_secret), "HS256")


async def _accepts(
    check: str, name: str, http: HttpClient, base: str, who: dict[str, str]
) -> CheckResult:
    headers = {**who, "Content-Type": "application/json"}
    response = await http.request(
        _SERVER, "POST", base + _GREETING, headers=headers, body=_INVALID_BODY
    )
    if response.status == 400 and response.value("error", "code") == "malformed_json":
        return ok(check, f"the token endpoint accepts {name}")
    if response.status == 401:
        other = next((setting for said, setting in _CLAIMS.items() if said in response.text), name)
        return failed(
            check,
            f"the token endpoint does not accept {other}",
            f"start it with the same {other} as here",
        )
    if response.status == 429:
        what = "the token endpoint answers 429: the rate limit is reached"
        return warning(check, what, "try again in a minute")
    return failed(
        check,
        f"the token endpoint answers {response.status} instead of 400 to an invalid body",
        "a proxy changes requests, or it is another release: check its log",
    )


async def _origin(config: Configuration, http: HttpClient, base: str) -> CheckResult | None:
    """Send the CORS preflight request that a browser sends for a page of each origin."""
    origins = [o for o in config.endpoint.cors_allowed_origins if o != "*"]
    if not origins or config.lacks("CORS_ALLOWED_ORIGINS"):
        return None
    preflight = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    url = base + _GREETING
    answers = await asyncio.gather(
        *(
            http.request(_SERVER, "OPTIONS", url, headers={"Origin": o, **preflight})
            for o in origins
        )
    )
    allowed = [
        answer.status < 400 and answer.headers.get("Access-Control-Allow-Origin") in (origin, "*")
        for answer, origin in zip(answers, origins, strict=True)
    ]
    if all(allowed):
        return ok("endpoint.origins", f"the token endpoint accepts {len(origins)} origins")
    return failed(
        "endpoint.origins",
        f"the token endpoint refuses {origins[allowed.index(False)]}, an origin of "
        "CORS_ALLOWED_ORIGINS",
        "start it with these settings; an origin is scheme and host, without path or slash",
    )
