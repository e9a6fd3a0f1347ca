"""The running product for every test, and an environment without any key of the developer's."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from agent.demo.livekit_server import free_ports
from tests.product import Product, running_product

_OURS = ("LIVEKIT_", "BEY_", "BEYOND_PRESENCE_", "DEEPGRAM_", "GOOGLE_", "GEMINI_", "PLATFORM_")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-fault", action="store_true", help="the whole matrix of tests/faults")
    parser.addoption("--greetings", type=int, default=20, help="how many tests/soak plays")
    parser.addoption("--seed", type=int, help="of tests/soak; a new one by default")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(_OURS):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def app_door() -> Iterator[socket.socket]:
    """Where a host app with the greeting in it is served: an origin the endpoint has to know."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield door


@pytest.fixture(scope="session")
async def product(
    tmp_path_factory: pytest.TempPathFactory, app_door: socket.socket
) -> AsyncIterator[Product]:
    keep = os.environ.get("KEEP_LOGS_IN")
    logs = Path(keep) if keep else tmp_path_factory.mktemp("logs")
    logs.mkdir(parents=True, exist_ok=True)
    (port,) = free_ports(1)
    origins = [f"http://127.0.0.1:{port}", "http://{}:{}".format(*app_door.getsockname())]
    extra = {"CORS_ALLOWED_ORIGINS": ",".join(origins)}
    async with running_product(logs, port=port, extra=extra) as running:
        yield running


@pytest.fixture(autouse=True)
async def clean_stage(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """Each test that plays on the stage leaves it empty."""
    yield
    if "product" in request.fixturenames:
        product: Product = request.getfixturevalue("product")
        await product.clear()


@pytest.fixture(scope="session")
def recordings() -> dict[str, Path]:
    """Recordings of people speaking, from the moonshine wheel (read from books, in English)."""
    import moonshine_voice

    assets = Path(moonshine_voice.__file__).parent / "assets"
    found = {path.stem: path for path in assets.glob("*.wav")}
    assert found, f"no recordings in {assets}"
    return found


_exit_code = 1
"""Until the session has finished: whatever ends it before that is no success."""


def pytest_sessionfinish(exitstatus: int) -> None:
    global _exit_code
    _exit_code = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Leave without the native library's exit handlers.

    livekit 1.1.21 may abort or hang in them after rooms were deleted under their participants, and
    a run whose tests all passed would count as failed.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_exit_code)
