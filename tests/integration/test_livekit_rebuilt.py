"""A livekit-server that a module shares is replaced once if it dies, with all that uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.demo.livekit_server import ensure_binary

pytest_plugins = ["pytester"]

_CONFTEST = """
from tests.integration.conftest import livekit, pytest_runtest_setup
from tests.support.crash_reports import CrashReports

def pytest_configure(config):
    config.pluginmanager.register(CrashReports())
"""

_TESTS = """
import os, signal
import pytest

urls = []

@pytest.fixture(scope="module")
async def user(livekit):
    yield f"uses {livekit.url}"

async def kill(server):
    os.kill(server.process.pid, signal.SIGKILL)
    await server.process.wait()

async def test_first(livekit, user):
    urls.append(livekit.url)
    await kill(livekit)

async def test_second(livekit, user):
    assert livekit.url not in urls
    assert livekit.process.returncode is None
    assert user == f"uses {livekit.url}"

async def test_third(livekit, user):
    assert user == f"uses {livekit.url}"
    await kill(livekit)

async def test_fourth(livekit, user): pass
"""


_SETTINGS = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = session
asyncio_default_test_loop_scope = session
"""


@pytest.fixture
async def cache() -> Path:
    """The folder of the built livekit-server, which is below HOME; pytester changes HOME."""
    return (await ensure_binary()).parent.parent


@pytest.mark.variant
def test_dead_livekit_server_is_replaced_once_for_all_tests(
    cache: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    pytester.makeconftest(_CONFTEST)
    pytester.makepyfile(_TESTS)
    pytester.makeini(_SETTINGS)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*a shared process died again: livekit: livekit-server ended with exit code -9*",
            "REBUILT before *::test_second: livekit: livekit-server ended with exit code -9",
        ]
    )
