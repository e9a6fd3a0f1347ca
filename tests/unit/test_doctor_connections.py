"""`doctor` explains failed connections, refused credentials and wrong clocks."""

from __future__ import annotations

import errno
import ssl

import aiohttp
import pytest

from agent.cli.doctor.checks import machine
from agent.cli.doctor.checks.livekit import credentials_refused
from agent.cli.doctor.http_client import (
    HttpClient,
    NoResponse,
    Response,
    connection_errors,
    host_and_port,
)
from agent.cli.doctor.result import Level
from agent.core.http_session import http_session


@pytest.mark.parametrize(
    ("status", "said", "what"),
    [
        (401, "invalid API key: APIother", "does not know LIVEKIT_API_KEY"),
        (401, "invalid token: eyJhbGciOi.eyJpc3Mi.c2ln, error: token signature is invalid: "
         "signature is invalid", "is not the secret"),
        (401, "invalid token: eyJhbGciOi.eyJpc3Mi.c2ln, error: token has invalid claims: token is "
         "not valid yet", "clock differs"),
        (401, "invalid token: …, error: token has invalid claims: token is expired", "clock"),
        (403, "permissions denied", "may not list rooms"),
        (401, "who knows", "refuses LIVEKIT_API_KEY and LIVEKIT_API_SECRET"),
    ],
)  # fmt: skip
def test_livekit_check_distinguishes_key_secret_and_clock(
    status: int, said: str, what: str
) -> None:
    found = credentials_refused(Response(status=status, body=said.encode()))
    assert found.level is Level.FAILED
    assert what in found.what
    assert "eyJ" not in found.what + found.fix


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TimeoutError(), "did not answer within 4 s"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "nothing listens at"),
        (OSError(errno.ENETUNREACH, "unreachable"), "there is no route to"),
        (aiohttp.ServerDisconnectedError(), "closed the connection without an answer"),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), "closed the connection without an answer"),
        (aiohttp.InvalidURL("x"), "cannot be resolved"),
        (UnicodeError("label empty or too long"), "cannot be resolved"),
    ],
)
def test_connection_errors_are_explained(error: Exception, said: str) -> None:
    with (
        pytest.raises(NoResponse) as caught,
        connection_errors("https://user:pw@api.example.com/v1?key=1"),
    ):
        raise error
    assert said in caught.value.what
    assert caught.value.fix
    assert "pw" not in caught.value.what + caught.value.fix


async def test_broken_proxy_is_named_and_not_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    proxies = {"proxy.example:3128": "not a valid URL", "http://user:pw@127.0.0.1:1": "failed"}
    for proxy, what in proxies.items():
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", "")
        async with http_session() as session:
            with pytest.raises(NoResponse, match=f"the proxy .*{what}") as caught:
                await HttpClient(session).request("x", "GET", "https://api.example.com/")
        assert "pw" not in caught.value.what + caught.value.fix


def test_host_and_port_omits_the_password() -> None:
    assert host_and_port("https://user:pw@api.example.com:8443/v1?key=1") == "api.example.com:8443"
    assert host_and_port("ws://[::1]:7880") == "[::1]:7880"


@pytest.mark.parametrize(
    ("skews", "level", "words"),
    [
        ({}, "skipped", "no server answered"),
        ({"LiveKit": 0.4, "Gemini": -0.7}, "ok", "agrees with Gemini, LiveKit"),
        ({"LiveKit": 20.0, "Gemini": 21.0}, "warning", "this machine's clock is 21 s ahead"),
        ({"LiveKit": -90.0, "Gemini": -90.5}, "failed", "90 s behind Gemini, LiveKit"),
        ({"LiveKit": 90.0, "a": 0.1, "b": 0.2}, "failed", "the clock of LiveKit is 90 s off"),
    ],
)
def test_clock_check_finds_the_wrong_clock(skews: dict[str, float], level: str, words: str) -> None:
    [found] = machine.check_clock(skews)
    assert (found.level, words in found.what) == (level, True), found
