"""The warnings and errors of the worker when it starts."""

from __future__ import annotations

import asyncio
import logging
import re

import pytest

from agent.cli.worker import explain_listen_error
from agent.core.settings import StoreSettings, WorkerSettings
from agent.worker.preflight import warn_of_ephemeral_disk
from tests.support.environments import WORKER


@pytest.mark.parametrize(
    ("environ", "warned"),
    [
        ({"LIVEKIT_AGENT_DEPLOYMENT": "production"}, True),
        ({"LIVEKIT_AGENT_ID": "CA_1"}, True),
        ({"LIVEKIT_REMOTE_EOT_URL": "https://eot.example"}, True),
        ({"LIVEKIT_AGENT_ID": "CA_1", "REDIS_URL": "redis://r:6379/0"}, False),
        ({"LIVEKIT_URL": "wss://project.livekit.cloud"}, False),
        ({"LIVEKIT_AGENT_ID": ""}, False),
    ],
)
def test_preflight_warns_once_of_a_disk_that_livekit_cloud_discards(
    environ: dict[str, str], warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        warn_of_ephemeral_disk(StoreSettings.from_env(environ), environ)
    assert len(caplog.messages) == warned
    assert ("REDIS_URL" in caplog.text) == warned


async def listen_error(host: str, port: int) -> OSError:
    try:
        await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
    except OSError as e:
        return e
    raise AssertionError(f"{host} is an address of this machine")


async def test_worker_names_the_setting_if_it_cannot_listen() -> None:
    taken = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    for host, free, name in (
        ("127.0.0.1", port, f"port {port} is in use"),
        ("[::1]", 0, r"AGENT_HTTP_HOST \(\[::1\]\) is not an address"),
        ("192.0.2.1", 0, r"AGENT_HTTP_HOST \(192.0.2.1\) is not an address"),
    ):
        environ = {**WORKER, "AGENT_HTTP_HOST": host, "AGENT_HTTP_PORT": str(free)}
        said = explain_listen_error(
            await listen_error(host, free), WorkerSettings.from_env(environ)
        )
        assert re.match(name, said), said
    taken.close()
