"""`doctor` compares its version with the token endpoint's."""

from __future__ import annotations

import pytest
from aiohttp import web

from agent import __version__
from agent.cli.doctor.checks import token_endpoint
from agent.cli.doctor.configuration import read_configuration
from agent.cli.doctor.http_client import HttpClient
from agent.core.http_session import http_session
from agent.demo.providers.wire import serving
from tests.support.environments import BOTH_SERVICES


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

    async def healthy(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application()
    app.router.add_get("/openapi.json", describe)
    app.router.add_get("/healthz", healthy)
    async with serving(app) as url, http_session() as http:
        environ = {**BOTH_SERVICES, "ENDPOINT_URL": url}
        config = read_configuration(environ, parts=frozenset({"worker"}))
        results = [one async for one in token_endpoint.check(config, HttpClient(http))]
    assert {one.check: one.level for one in results} == {"endpoint.reachable": "ok", **levels}
