"""`doctor` checks the version of livekit-server and its address for browsers."""

from __future__ import annotations

import pytest
from livekit.protocol.models import ServerInfo

from agent.cli.doctor.checks import livekit_public_url
from agent.cli.doctor.checks.worker import check_version
from agent.cli.doctor.configuration import read_configuration
from agent.cli.doctor.result import CheckResult, Level
from tests.support.environments import BOTH_PARTS, BOTH_SERVICES


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ("1.8.4", Level.FAILED),
        ("1.9.9", Level.FAILED),
        ("v1.9.9", Level.FAILED),
        ("1.9.10", Level.OK),
        ("1.10.0-rc1", Level.OK),
        ("1.13.5", Level.OK),
        ("2.0.0", Level.OK),
    ],
)
def test_version_of_livekit_server_is_checked(version: str, level: Level) -> None:
    found = check_version(ServerInfo(version=version))
    assert found is not None
    assert found.check == "livekit.version"
    assert found.level is level


@pytest.mark.parametrize(
    "server",
    [ServerInfo(), ServerInfo(version="main"), ServerInfo(version="1.2.3", edition="Cloud")],
)
def test_unknown_versions_and_livekit_cloud_are_not_checked(server: ServerInfo) -> None:
    assert check_version(server) is None


async def pages(**environ: str) -> list[CheckResult]:
    config = read_configuration({**BOTH_SERVICES, **environ}, parts=BOTH_PARTS)
    return await livekit_public_url.check_pages(config)


@pytest.mark.parametrize(
    "address", ["ws://10.0.0.5:7880", "wss://livekit.corp", "ws://localhost:7880", "ws://[fd00::1]"]
)
async def test_public_pages_with_a_private_livekit_are_warned_about(address: str) -> None:
    [found] = await pages(LIVEKIT_PUBLIC_URL=address)
    assert found.level is Level.WARNING
    assert found.check == "outside.private_network"
    assert "Chrome 142" in found.what
    assert "https://app.example.com" in found.what


async def test_private_pages_and_public_livekits_are_not_warned_about() -> None:
    private = {"CORS_ALLOWED_ORIGINS": "http://localhost:3000,https://app.corp"}
    assert await pages(LIVEKIT_PUBLIC_URL="ws://10.0.0.5:7880", **private) == []
    assert await pages(LIVEKIT_PUBLIC_URL="wss://8.8.8.8") == []
    broken = {"CORS_ALLOWED_ORIGINS": "*,https://[broken"}
    assert await pages(LIVEKIT_PUBLIC_URL="ws://10.0.0.5:7880", **broken) == []
