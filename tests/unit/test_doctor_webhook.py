"""`doctor` checks the address to which outcomes are sent, and sends none."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from agent.cli.doctor.checks import outcome_webhook
from agent.cli.doctor.configuration import read_configuration
from agent.cli.doctor.http_client import HttpClient
from agent.cli.doctor.result import CheckResult, Level
from agent.core.http_session import http_session
from agent.demo.livekit_server import free_ports
from agent.demo.providers.wire import serving
from tests.support.environments import BOTH_PARTS, BOTH_SERVICES


@pytest.fixture
async def platform() -> AsyncIterator[str]:
    """The address of a platform that answers with the status in the path."""

    async def answer(request: web.Request) -> web.Response:
        assert request.method == "HEAD"
        headers = {"Location": "https://www.example.com/outcomes/?key=secret"}
        return web.Response(status=int(request.match_info["status"]), headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{status}", answer)
    async with serving(app) as url:
        yield url


async def found(url: str) -> CheckResult:
    environ = {"OUTCOME_WEBHOOK_URL": url, "OUTCOME_WEBHOOK_SECRET": "whsec_" + "QUJD" * 8}
    config = read_configuration({**BOTH_SERVICES, **environ}, parts=BOTH_PARTS)
    async with http_session() as http:
        [result] = await outcome_webhook.check(config, HttpClient(http))
    return result


@pytest.mark.parametrize(
    ("status", "level", "said"),
    [
        (200, Level.OK, "the platform answers"),
        (401, Level.OK, "the platform answers"),
        (404, Level.OK, "the platform answers"),  # it may know POST only
        (405, Level.OK, "the platform answers"),
        (501, Level.OK, "the platform answers"),
        (302, Level.FAILED, "redirects (302); deliveries do not follow redirects"),
        (308, Level.FAILED, "redirects (308)"),
        (500, Level.WARNING, "answers 500"),
        (502, Level.WARNING, "answers 502"),
    ],
)
async def test_webhook_check_explains_what_the_platform_answers(
    platform: str, status: int, level: Level, said: str
) -> None:
    result = await found(f"{platform}/{status}")
    assert result.level is level
    assert said in result.what
    if status in {302, 308}:
        assert "OUTCOME_WEBHOOK_URL" in result.fix
        assert "www.example.com" in result.fix
        assert "secret" not in result.fix
    if level is Level.WARNING:
        assert "an outcome that gets this answer is kept and sent again" in result.fix


async def test_webhook_check_uses_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    [unused] = free_ports(1)
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@127.0.0.1:{unused}")
    monkeypatch.setenv("NO_PROXY", "")
    result = await found("https://platform.invalid/outcomes")
    assert result.level is Level.FAILED
    assert f"through the proxy 127.0.0.1:{unused}" in result.what
    assert "HTTPS_PROXY" in result.fix
    assert "secret" not in result.what + result.fix


async def test_webhook_whose_name_cannot_be_resolved_is_reported_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    result = await found("https://platform.invalid/outcomes")
    assert result.what == "OUTCOME_WEBHOOK_URL: the name platform.invalid cannot be resolved"
    assert "spelling" in result.fix


async def test_webhook_check_warns_about_a_secret_without_an_address() -> None:
    result = await found("")
    assert result.level is Level.WARNING
    assert "no OUTCOME_WEBHOOK_URL: no outcome is delivered" in result.what
