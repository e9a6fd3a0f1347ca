"""The running product for every test, and an environment without any key of the developer's."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from livekit import api

from agent.demo.livekit_server import free_ports
from agent.demo.stage import stage
from tests.product import Product

# The stage drains for seconds; tests of the drain need the time that is shipped.
_OURS_TO_SET = {
    "LIVEKIT_LOG_LEVEL": "DEBUG",
    "DRAIN_TIMEOUT_S": "600",
    "BEYOND_PRESENCE_AVATARS": "patient_care=nurse",
}
_OURS = ("LIVEKIT_", "BEY_", "BEYOND_PRESENCE_", "DEEPGRAM_", "GOOGLE_", "GEMINI_", "PLATFORM_")


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
    extra = {**_OURS_TO_SET, "CORS_ALLOWED_ORIGINS": ",".join(origins)}
    async with stage(logs, port=port, extra=extra) as here:
        assert here.livekit is not None
        async with (
            httpx.AsyncClient(
                base_url=here.endpoint_url,
                headers={"X-API-Key": here.environment["PLATFORM_API_KEY"]},
                timeout=15,
            ) as http,
            api.LiveKitAPI(
                here.livekit.url, here.livekit.api_key, here.livekit.api_secret
            ) as livekit,
        ):
            yield Product(here, logs, http, livekit)


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
