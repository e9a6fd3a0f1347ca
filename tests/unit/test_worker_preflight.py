"""The warnings and errors of the worker when it starts."""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path

import pytest

from agent.cli.worker import explain_listen_error
from agent.core.errors import StartupError, StoreError
from agent.core.settings import StoreSettings, WorkerSettings
from agent.demo.livekit_server import free_ports
from agent.scripts import PROMPTS
from agent.worker.preflight import (
    check_before_start,
    check_google_key,
    check_recordings_dir,
    check_scripts,
    check_store,
    warn_of_ephemeral_disk,
)
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


@pytest.mark.parametrize(
    ("name", "value"), [("REDIS_URL", "http://redis:6379"), ("STATE_DIR", "file/state")]
)
def test_worker_checks_the_store_before_it_waits_for_livekit(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    [unused] = free_ports(1)
    environ = {**WORKER, "LIVEKIT_URL": f"ws://127.0.0.1:{unused}", "STARTUP_TIMEOUT_S": "1"}
    settings = WorkerSettings.from_env({**environ, name: value})
    with pytest.raises(StoreError, match=name):
        check_before_start(settings)


def test_worker_does_not_start_without_a_usable_script(tmp_path: Path) -> None:
    check_scripts(PROMPTS)
    with pytest.raises(StartupError, match="no script can be used: .*prompts is not a folder"):
        check_scripts(tmp_path / "prompts")
    broken = tmp_path / "broken" / "general_welcome"
    broken.mkdir(parents=True)
    (broken / "en.md").write_text("---\nversion: 1\n")
    with pytest.raises(StartupError, match="prompts check lists what is wrong"):
        check_scripts(broken.parent)


async def test_worker_starts_without_a_redis_that_does_not_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    [unused] = free_ports(1)
    await check_store(StoreSettings.from_env({"REDIS_URL": f"redis://127.0.0.1:{unused}/0"}))
    [record] = caplog.records
    assert getattr(record, "event", "") == "store_unreachable"


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


def test_worker_refuses_a_google_key_that_does_not_exist(tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    environ = {**WORKER, "GOOGLE_APPLICATION_CREDENTIALS": str(key), "GOOGLE_CLOUD_LOCATION": "eu"}
    check_google_key(WorkerSettings.from_env(environ))  # Vertex AI is off
    environ |= {"GOOGLE_GENAI_USE_VERTEXAI": "true", "GOOGLE_CLOUD_PROJECT": "p"}
    with pytest.raises(StartupError, match=f"cannot read {key} .*: correct the path"):
        check_before_start(WorkerSettings.from_env(environ))
    key.touch()
    check_google_key(WorkerSettings.from_env(environ))


@pytest.mark.parametrize("folder", ["file", "file/below"])
def test_worker_does_not_start_if_it_cannot_write_recordings(folder: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environ = {**WORKER, "RECORDINGS_DIR": str(tmp_path / folder)}
    check_recordings_dir(WorkerSettings.from_env(environ))  # RECORDING is off
    settings = WorkerSettings.from_env({**environ, "RECORDING": "worker"})
    with pytest.raises(StartupError, match="RECORDINGS_DIR cannot be used: .*file is not a folder"):
        check_before_start(settings)
