"""The stage: every process of the product, started in order, with one environment.

It runs livekit-server, the stand-ins, the token endpoint, the worker and the platform. The demo
shows it to a person; the tests use it.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import getpass
import io
import os
import re
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values
from ruamel.yaml import YAML

from agent.core.settings import EndpointSettings, WorkerSettings, read_env_file
from agent.demo.livekit_server import LiveKitServer, ensure_binary, free_ports, livekit_server
from agent.demo.page import ensure_page
from agent.demo.platform.site import POSTER_PATH, Platform
from agent.demo.processes import DemoError, child, wait_until_ready
from agent.demo.providers.faults import Faults
from agent.demo.providers.wire import serving
from agent.demo.stand_ins import MODULE, StandIns, stand_ins

_READY_S = 120.0
_SHIPPED_AGENT_NAME = "training-greeter"
_SETTINGS = YAML(typ="safe").load(Path(__file__).with_name("environment.yaml"))


@dataclass
class Stage:
    """The running product."""

    url: str = ""
    """The platform's registration form."""
    endpoint_url: str = ""
    worker_url: str = ""
    """The worker's health page."""
    environment: dict[str, str] = field(default_factory=dict)
    """What the worker and the endpoint were started with."""
    livekit: LiveKitServer | None = None
    stand_ins: StandIns | None = None
    """None with the real providers."""
    children: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    @property
    def agent_name(self) -> str:
        """The name by which the worker is dispatched."""
        return self.environment.get("LIVEKIT_AGENT_NAME", _SHIPPED_AGENT_NAME)

    async def child_ended(self) -> str:
        """Wait until a process ends by itself, which none should; returns which one has."""
        waits = {asyncio.create_task(p.wait()): name for name, p in self.children.items()}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        ended = done.pop()
        return f"the {waits[ended]} ended unexpectedly, with exit code {ended.result()}"


@contextlib.asynccontextmanager
async def stage(
    logs: Path,
    *,
    say: Callable[[str], None] = lambda _: None,
    port: int = 0,
    faults: Sequence[str] = (),
    origins: Sequence[str] = (),
    real: bool = False,
    pre_join: bool = True,
    extra: Mapping[str, str] | None = None,
    stand_ins_module: str = MODULE,
) -> AsyncIterator[Stage]:
    """Run the product on loopback until the block ends.

    Args:
        logs: a folder; each process has a file in it.
        say: called with a line for each step.
        port: of the platform; 0 for a free one.
        faults: what the stand-ins do wrong; see `agent.demo.providers.faults`.
        origins: of further pages that may call the token endpoint, and show it in an iframe.
        pre_join: the page begins with its pre-join screen.
        real: use the real LiveKit and providers, with the keys in `.env`.
        extra: settings that override the stage's own.
        stand_ins_module: see `stand_ins`.

    Raises:
        DemoError: this machine lacks something, a process did not start, or the port is taken.
        UnknownFault: the text lists all faults.
        ConfigError: with `real`, the environment lacks something; the text says what.
    """
    here = Stage()
    Faults(faults)
    if real:
        here.environment = _real_environment()
    async with contextlib.AsyncExitStack() as stack:
        page = await ensure_page(say)
        endpoint_port, worker_port = free_ports(2)
        here.endpoint_url = f"http://127.0.0.1:{endpoint_port}"
        platform = Platform(
            jwt_secret=secrets.token_urlsafe(48),
            api_key=secrets.token_urlsafe(24),
            webhook_secret="whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
            endpoint_url=here.endpoint_url,
            page=page,
            pre_join=pre_join,
        )
        try:
            here.url = await stack.enter_async_context(serving(platform.app(), port))
        except OSError as e:
            raise DemoError(f"port {port}: {e.strerror}; choose another with --port") from None
        if not real:
            binary = await ensure_binary(say)
            say("starting livekit-server and the stand-ins")
            webhook = f"{here.endpoint_url}/livekit/webhook"
            server = livekit_server(binary, logs / "livekit-server.log", webhook=webhook)
            here.livekit = await stack.enter_async_context(server)
            log = logs / "stand-ins.log"
            providers = stand_ins(log, faults, environment=extra, module=stand_ins_module)
            here.stand_ins = await stack.enter_async_context(providers)
            here.children["livekit-server"] = here.livekit.process
            here.children["stand-ins"] = here.stand_ins.process
            here.environment = {
                "LIVEKIT_URL": here.livekit.url,
                "LIVEKIT_API_KEY": here.livekit.api_key,
                "LIVEKIT_API_SECRET": here.livekit.api_secret,
                "RECORDINGS_DIR": str(logs / "recordings"),
                # The Content Security Policy of another page may forbid pictures of this origin.
                "POSTER_URL": "" if origins else f"{here.url}{POSTER_PATH}",
                **_SETTINGS["with_stand_ins"],
                **here.stand_ins.environment,
            }
        here.worker_url = f"http://127.0.0.1:{worker_port}"
        here.environment |= {
            **_SETTINGS["always"],
            "PLATFORM_JWT_SECRET": platform.jwt_secret,
            "PLATFORM_API_KEY": platform.api_key,
            "CORS_ALLOWED_ORIGINS": ",".join([here.url, *origins]),
            "EMBED_ALLOWED_ORIGINS": ",".join(origins),
            "CONTINUE_URL": f"{here.url}/video",
            "STATE_DIR": str(logs / "state"),
            "OUTCOME_WEBHOOK_URL": f"{here.url}/outcomes",
            "OUTCOME_WEBHOOK_SECRET": platform.webhook_secret,
            "ENDPOINT_URL": here.endpoint_url,
            "AGENT_HTTP_PORT": str(worker_port),
            **(extra or {}),
        }
        say("starting the token endpoint and the worker")
        serve = ("agent.token_endpoint", "--host", "127.0.0.1", "--port", str(endpoint_port))
        for name, module in (("endpoint", serve), ("worker", ("agent", "start"))):
            here.children[name] = await stack.enter_async_context(
                child(*module, env=here.environment, log=logs / f"{name}.log")
            )
        ready = {"endpoint": f"{here.endpoint_url}/healthz", "worker": here.worker_url}
        for name, url in ready.items():
            await wait_until_ready(name, url, here.children[name], logs / f"{name}.log", _READY_S)
        yield here


def _real_environment() -> dict[str, str]:
    """The developer's own settings.

    Raises:
        ConfigError: the text lists what is missing.
    """
    written = dotenv_values(stream=io.StringIO(read_env_file()))
    if written.get("LIVEKIT_AGENT_NAME") in (None, _SHIPPED_AGENT_NAME):
        written.pop("LIVEKIT_AGENT_NAME", None)  # copied from .env.example, not chosen
    given = {"LIVEKIT_AGENT_NAME": own_agent_name(), **written, **os.environ}
    names = {*WorkerSettings.names(), *EndpointSettings.names()}
    chosen = {k: v for k, v in given.items() if k in names and v is not None}
    WorkerSettings.from_env(chosen)
    return chosen


def own_agent_name() -> str:
    """A name for this developer's worker: with the default, it would get production's jobs."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without this user
        user = socket.gethostname()
    return f"{_SHIPPED_AGENT_NAME}-dev-{re.sub('[^a-z0-9]+', '-', user.lower()).strip('-')}"
