"""The running product for every test, and an environment without the developer's keys."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import aiohttp
import httpx
import pytest

from agent.demo.livekit_server import free_ports
from tests.support.crash_reports import CrashReports, get_running
from tests.support.product import Product, running_product
from tests.support.redis_server import redis_server
from tests.support.restartable import Restartable
from tests.support.waiting import holds_within

_SETTING_PREFIXES = (
    *("LIVEKIT_", "BEY_", "BEYOND_PRESENCE_", "DEEPGRAM_", "GOOGLE_", "GEMINI_", "PLATFORM_"),
)

_ENDS_S = 2.0
"""How long a process that no longer answers may take to end."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-fault", action="store_true", help="all faults of tests/faults")
    parser.addoption("--greetings", type=int, default=3, help="number of greetings of tests/soak")
    parser.addoption("--seed", type=int, help="of tests/soak; a new one by default")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(CrashReports())


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(_SETTING_PREFIXES):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def host_app_socket() -> Iterator[socket.socket]:
    """The address of a host app that embeds the greeting; the endpoint allows its origin."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture(scope="session")
def host_server_port() -> int:
    """The port of a host app with a server of its own; the endpoint allows its origin, too."""
    (port,) = free_ports(1)
    return port


@pytest.fixture(scope="session")
async def shared_product(
    tmp_path_factory: pytest.TempPathFactory,
    host_app_socket: socket.socket,
    host_server_port: int,
) -> AsyncIterator[Restartable[Product]]:
    """One running product for each pytest process, with its own ports, keys and state."""

    def open_product() -> contextlib.AbstractAsyncContextManager[Product]:
        keep = os.environ.get("KEEP_LOGS_IN")
        parent = Path(keep) if keep else tmp_path_factory.getbasetemp()
        parent.mkdir(parents=True, exist_ok=True)
        number = sum(folder.name.startswith("product-") for folder in parent.iterdir())
        logs = parent / f"product-{number}-{os.getpid()}"
        logs.mkdir()
        host_port = host_app_socket.getsockname()[1]
        origins = [f"http://127.0.0.1:{allowed}" for allowed in (host_port, host_server_port)]
        # Another site than the endpoint's 127.0.0.1, for the iframe.
        origins.append(f"http://localhost:{host_port}")
        return running_product(logs, origins=origins)

    shared = Restartable("product", open_product, Product.dead_processes)
    try:
        yield shared
    finally:
        await shared.aclose()


@pytest.fixture
async def product(
    shared_product: Restartable[Product],
    record_property: Callable[[str, object], None],
    request: pytest.FixtureRequest,
) -> AsyncIterator[Product]:
    """The running product, without rooms, faults or records of an earlier test.

    A test fails if the product asked a provider for something that the provider refuses.
    """
    running = await get_running(shared_product, record_property)
    yield running
    if not shared_product.is_running:
        return
    try:
        refused = await running.refused_requests()
        await running.clear()
    except (aiohttp.ClientError, httpx.HTTPError):
        # If a process has just ended, the next test gets a new product.
        if not await holds_within(lambda: not shared_product.is_running, _ENDS_S):
            raise
        return
    # `doctor` is also run with settings that the providers refuse.
    assert not refused or request.path.name.startswith("test_doctor"), refused


@pytest.fixture(scope="module")
async def redis_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A real Redis for the tests of one module."""
    async with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def recordings() -> dict[str, Path]:
    """Recordings of people reading from books in English; the moonshine wheel has them."""
    import moonshine_voice

    assets = Path(moonshine_voice.__file__).parent / "assets"
    found = {path.stem: path for path in assets.glob("*.wav")}
    assert found, f"no recordings in {assets}"
    return found


_exit_code = 1
"""Stays 1 if the session does not finish."""


def pytest_sessionfinish(exitstatus: int) -> None:
    global _exit_code
    _exit_code = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Exit without running the native library's exit handlers.

    After a room was deleted under its participants, livekit 1.1.21 may abort or hang in them. A run
    whose tests all passed would then count as failed.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_exit_code)
