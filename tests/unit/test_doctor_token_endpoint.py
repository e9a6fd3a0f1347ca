"""`doctor` compares its version and its settings with the token endpoint's."""

from __future__ import annotations

import pytest
from aiohttp import web

from agent import __version__
from agent.cli.doctor.checks import token_endpoint
from agent.cli.doctor.configuration import read_configuration
from agent.cli.doctor.http_client import HttpClient
from agent.core.http_session import http_session
from agent.core.settings import EndpointSettings
from agent.demo.providers.wire import serving
from agent.token_endpoint.auth.platform_jwt import PlatformJwtVerifier
from agent.token_endpoint.errors import ApiError
from tests.support.environments import BOTH_SERVICES, ENDPOINT


def healthy_endpoint() -> web.Application:
    """An endpoint that answers `/healthz`, and nothing else yet."""

    async def healthy(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application()
    app.router.add_get("/healthz", healthy)
    return app


@pytest.mark.parametrize(
    ("document", "levels"),
    [
        ({"info": {"version": __version__}}, {"endpoint.version": "ok"}),
        ({"info": {"version": "0.0.9"}}, {"endpoint.version": "warning"}),
        ({"detail": "a proxy's page"}, {}),
        ([], {}),
    ],
)
async def test_doctor_compares_its_version_with_the_endpoints(
    document: object, levels: dict[str, str]
) -> None:
    async def describe(_: web.Request) -> web.Response:
        return web.json_response(document)

    app = healthy_endpoint()
    app.router.add_get("/openapi.json", describe)
    async with serving(app) as url, http_session() as http:
        environ = {**BOTH_SERVICES, "ENDPOINT_URL": url}
        config = read_configuration(environ, parts=frozenset({"worker"}))
        results = await token_endpoint.check(config, HttpClient(http))
    assert {one.check: one.level for one in results} == {"endpoint.reachable": "ok", **levels}


@pytest.mark.parametrize(
    ("here", "there", "named"),
    [
        ({}, {}, ""),
        ({"PLATFORM_JWT_SECRET": "o" * 32}, {}, "PLATFORM_JWT_SECRET"),
        ({"PLATFORM_JWT_AUDIENCE": "b"}, {"PLATFORM_JWT_AUDIENCE": "a"}, "PLATFORM_JWT_AUDIENCE"),
        ({}, {"PLATFORM_JWT_AUDIENCE": "a"}, "PLATFORM_JWT_AUDIENCE"),
        ({"PLATFORM_JWT_ISSUER": "b"}, {"PLATFORM_JWT_ISSUER": "a"}, "PLATFORM_JWT_ISSUER"),
        ({}, {"PLATFORM_JWT_ISSUER": "a"}, "PLATFORM_JWT_ISSUER"),
    ],
)
async def test_doctor_names_the_setting_for_which_the_endpoint_refuses_a_jwt(
    here: dict[str, str], there: dict[str, str], named: str
) -> None:
    secret = {"PLATFORM_JWT_SECRET": "s" * 32}
    verifier = PlatformJwtVerifier(EndpointSettings.from_env({**ENDPOINT, **secret, **there}))

    async def start(request: web.Request) -> web.Response:
        try:
            await verifier.claims(request.headers["Authorization"].removeprefix("Bearer "))
        except ApiError as e:
            error = {"code": e.code, "message": e.message}
            return web.json_response({"error": error}, status=e.kind.status)
        return web.json_response({"error": {"code": "malformed_json"}}, status=400)

    app = healthy_endpoint()
    app.router.add_post("/api/users/sessions/doctor/avatar-greeting/", start)
    async with serving(app) as url, http_session() as http:
        environ = {**BOTH_SERVICES, **secret, **here, "ENDPOINT_URL": url, "PLATFORM_API_KEY": ""}
        config = read_configuration(environ, parts=frozenset({"endpoint"}))
        results = await token_endpoint.check(config, HttpClient(http))
    [found] = [one for one in results if one.check == "endpoint.jwt"]
    if named:
        assert found.what == f"the token endpoint does not accept {named}"
    else:
        assert found.level == "ok"
