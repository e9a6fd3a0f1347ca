"""The stage: every process of the product, started in order, with one environment.

livekit-server, the stand-ins, the endpoint, the worker and the platform; the demo shows it to a
person, the tests play on it.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import getpass
import os
import re
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from dotenv import dotenv_values

from agent.core.settings import EndpointSettings, WorkerSettings
from agent.demo.livekit_server import LiveKitServer, ensure_binary, free_ports, livekit_server
from agent.demo.page import ensure_page
from agent.demo.platform.site import PlatformSettings, create_platform
from agent.demo.processes import ChildFailed, child, wait_until_ready
from agent.demo.providers.faults import parse_fault
from agent.demo.stand_ins import StandIns, stand_ins

_READY_S = 60.0
_DRAIN_S = "3"
"""Ctrl-C with a greeting running: the worker has this long, then LiveKit is told it is over."""
_SHIPPED_AGENT_NAME = "training-greeter"


@dataclass
class Stage:
    """The running product."""

    url: str = ""
    """The platform's registration form."""
    endpoint_url: str = ""
    worker_url: str = ""
    """The worker's health page."""
    environment: dict[str, str] = field(default_factory=dict)
    """What worker and endpoint were started with."""
    livekit: LiveKitServer | None = None
    stand_ins: StandIns | None = None
    """None with the real providers."""
    children: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    @property
    def agent_name(self) -> str:
        """What the worker is dispatched by."""
        return self.environment.get("LIVEKIT_AGENT_NAME", _SHIPPED_AGENT_NAME)

    @property
    def recognises_speech(self) -> bool:
        """False where the stand-in for Deepgram has no recogniser on this machine."""
        return self.stand_ins is None or self.stand_ins.recognises_speech

    async def child_ended(self) -> str:
        """Wait until a child ends by itself, which none should; says which."""
        processes = dict(self.children)
        if self.livekit is not None:
            processes["livekit-server"] = self.livekit.process
        if self.stand_ins is not None:
            processes["stand-ins"] = self.stand_ins.process
        waits = {asyncio.create_task(process.wait()): name for name, process in processes.items()}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        ended = done.pop()
        return f"the {waits[ended]} ended unasked, with exit code {ended.result()}"


@contextlib.asynccontextmanager
async def stage(
    logs: Path,
    *,
    say: Callable[[str], None] = lambda _: None,
    port: int = 0,
    faults: Sequence[str] = (),
    real: bool = False,
    extra: Mapping[str, str] | None = None,
) -> AsyncIterator[Stage]:
    """Run the product on loopback until the block ends.

    Args:
        logs: a folder; each process has a file in it.
        say: told what is being done, line by line.
        port: of the platform; a free one where 0.
        faults: what the stand-ins do wrong, as `agent.demo.providers.faults` spells it.
        real: the real LiveKit and providers, with the keys in `.env`.
        extra: settings that win over the stage's own.

    Raises:
        MissingTool: this machine lacks something; the text says how to get it.
        ChildFailed: a process did not start, or the port is taken; the text says which.
        UnknownFault: with the list of all faults.
        ConfigError: with `real`, what the environment lacks.
    """
    here = Stage()
    for text in faults:
        parse_fault(text)
    async with contextlib.AsyncExitStack() as stack:
        door = stack.enter_context(_listen(port))
        page = await ensure_page(say)
        endpoint_port, worker_port = free_ports(2)
        here.endpoint_url = f"http://127.0.0.1:{endpoint_port}"
        if real:
            here.environment = _real_environment()
        else:
            binary = await ensure_binary(say)
            say("starting livekit-server and the stand-ins")
            here.livekit = await stack.enter_async_context(
                livekit_server(
                    binary,
                    logs / "livekit-server.log",
                    webhook=f"{here.endpoint_url}/livekit/webhook",
                )
            )
            here.stand_ins = await stack.enter_async_context(
                stand_ins(faults=faults, log=logs / "stand-ins.log")
            )
            here.environment = _demo_environment(here.livekit, here.stand_ins, logs)
        here.url = "http://{}:{}".format(*door.getsockname())
        here.worker_url = f"http://127.0.0.1:{worker_port}"
        here.environment |= {
            "PLATFORM_JWT_SECRET": secrets.token_urlsafe(48),
            "PLATFORM_API_KEY": secrets.token_urlsafe(24),
            # The demo's platform is not the one that a developer's .env may name.
            **dict.fromkeys(("PLATFORM_JWKS_URL", "PLATFORM_JWT_ISSUER"), ""),
            "PLATFORM_JWT_AUDIENCE": "",
            "CORS_ALLOWED_ORIGINS": here.url,
            "CONTINUE_URL": f"{here.url}/video",
            "STATE_DIR": str(logs / "state"),
            "OUTCOME_WEBHOOK_URL": f"{here.url}/outcomes",
            "OUTCOME_WEBHOOK_SECRET": _webhook_secret(),
            "ENDPOINT_URL": here.endpoint_url,
            "AGENT_HTTP_HOST": "127.0.0.1",
            "AGENT_HTTP_PORT": str(worker_port),
            "DRAIN_TIMEOUT_S": _DRAIN_S,
            **(extra or {}),
        }
        say("starting the endpoint and the worker")
        await _start_children(stack, here, logs, endpoint_port)
        await stack.enter_async_context(_platform(here, page, door))
        yield here


async def _start_children(
    stack: contextlib.AsyncExitStack, here: Stage, logs: Path, endpoint_port: int
) -> None:
    commands = {
        "endpoint": (
            ["agent.token_endpoint", "--host", "127.0.0.1", "--port", str(endpoint_port)],
            f"{here.endpoint_url}/healthz",
        ),
        "worker": (["agent", "start"], f"{here.worker_url}/"),
    }
    for name, (module, _) in commands.items():
        here.children[name] = await stack.enter_async_context(
            child(name, *module, env=here.environment, log=logs / f"{name}.log")
        )
    await asyncio.gather(
        *(
            wait_until_ready(name, url, here.children[name], logs / f"{name}.log", _READY_S)
            for name, (_, url) in commands.items()
        )
    )


def _demo_environment(livekit: LiveKitServer, providers: StandIns, logs: Path) -> dict[str, str]:
    return {
        "LIVEKIT_URL": livekit.url,
        "LIVEKIT_API_KEY": livekit.api_key,
        "LIVEKIT_API_SECRET": livekit.api_secret,
        "BEYOND_PRESENCE_API_KEY": "demo",
        "BEYOND_PRESENCE_AVATAR_ID": "demo",
        "DEEPGRAM_API_KEY": "demo",
        "GOOGLE_API_KEY": "demo",
        "RECORDING": "worker",
        "RECORDINGS_DIR": str(logs / "recordings"),
        **providers.environment,
    }


def _real_environment() -> dict[str, str]:
    """The developer's own settings, checked before anything is started.

    Raises:
        ConfigError: lists what is missing.
    """
    written = {k: v for k, v in dotenv_values(".env").items() if v is not None}
    if written.get("LIVEKIT_AGENT_NAME") == _SHIPPED_AGENT_NAME:
        del written["LIVEKIT_AGENT_NAME"]  # .env.example's line, copied: nobody's choice
    own = {"LIVEKIT_AGENT_NAME": own_agent_name()}
    given = own | written | dict(os.environ)
    names = {*WorkerSettings.names(), *EndpointSettings.names()}
    chosen = {k: v for k, v in given.items() if k in names}
    WorkerSettings.from_env(chosen)
    return chosen


def own_agent_name() -> str:
    """A name for this developer's worker: by the shipped one, production's jobs would come here."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user here, as in some containers
        user = socket.gethostname()
    return f"{_SHIPPED_AGENT_NAME}-dev-{re.sub('[^a-z0-9]+', '-', user.lower()).strip('-')}"


def _webhook_secret() -> str:
    """As Standard Webhooks spells them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _listen(port: int) -> socket.socket:
    """The platform's door, taken before anything is started."""
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as e:
        raise ChildFailed(f"port {port}: {e.strerror}; choose another with --port") from None


@contextlib.asynccontextmanager
async def _platform(here: Stage, page: Path, door: socket.socket) -> AsyncIterator[None]:
    app = create_platform(
        PlatformSettings(
            jwt_secret=here.environment["PLATFORM_JWT_SECRET"],
            webhook_secret=here.environment["OUTCOME_WEBHOOK_SECRET"],
            endpoint_url=here.endpoint_url,
            page=page,
        )
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.SockSite(runner, door).start()
        yield
    finally:
        await runner.cleanup()
