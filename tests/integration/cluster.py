"""The product on several machines, simulated by process groups.

Workers, replicas of the endpoint behind a load balancer, a real Redis, a livekit-server and a
platform.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from livekit import api

from agent.demo.livekit_server import LiveKitServer, ensure_binary, free_ports, livekit_server
from agent.demo.processes import child, wait_until_ready
from agent.demo.stand_ins import StandIns, stand_ins
from tests.integration.endpoint_fixtures import BACKEND, Endpoint, endpoint, endpoint_env, path_of
from tests.integration.front import Front, front
from tests.support.livekit_client import LiveKitClient
from tests.support.waiting import until
from tests.unit.webhook_receiver import SECRET, Receiver, receiver


@dataclass
class Cluster:
    """What runs, and what a platform does with it."""

    folder: Path
    env: dict[str, str]
    """Of worker and endpoint."""
    livekit: LiveKitServer
    api: api.LiveKitAPI
    providers: StandIns
    platform: Receiver
    front: Front
    http: httpx.AsyncClient
    """To the front, each request in a connection of its own."""
    stack: contextlib.AsyncExitStack
    replicas: list[Endpoint] = field(default_factory=list)
    workers: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    clients: list[LiveKitClient] = field(default_factory=list)

    async def start_replica(self) -> Endpoint:
        """One more, behind the front as soon as it answers."""
        running = await self.stack.enter_async_context(endpoint(self.env, self.folder))
        self.replicas.append(running)
        self.front.ports.append(int(running.http.base_url.port or 0))
        return running

    async def start_worker(self, name: str, *, max_jobs: int) -> None:
        """One more, registered and warm: a cold job may take so long that another is sent for."""
        [health] = free_ports(1)
        log = self.folder / f"{name}.log"
        env = {**self.env, "AGENT_HTTP_PORT": str(health), "MAX_JOBS": str(max_jobs)}
        process = await self.stack.enter_async_context(
            child(name, "agent", "start", env=env, log=log)
        )
        self.workers[name] = process
        await wait_until_ready(name, f"http://127.0.0.1:{health}/", process, log, 60)
        await until(lambda: self._warm(name) >= max_jobs, 60, f"{name} did not warm up")

    def _warm(self, name: str) -> int:
        return sum(e.get("message") == "process initialized" for e in self.worker_events(name))

    def kill_worker(self, name: str) -> None:
        """The worker and its jobs, as a machine that is gone."""
        os.killpg(self.workers[name].pid, signal.SIGKILL)

    async def kill_replica(self, replica: Endpoint) -> None:
        """Until it is dead: a request in flight would be lost, and asked again by its page."""
        replica.process.kill()
        await replica.process.wait()

    async def ask(self, session_id: str, http: httpx.AsyncClient | None = None) -> httpx.Response:
        """POST avatar-greeting as the backend; of the front, or of one replica."""
        return await (http or self.http).post(
            path_of(session_id),
            headers=BACKEND,
            json={"trainee": {"id": session_id, "name": "Ada"}, "training_type": "forklift"},
        )

    async def join(self, ticket: dict[str, str]) -> LiveKitClient:
        client = LiveKitClient()
        self.clients.append(client)
        await client.join(ticket["server_url"], ticket["participant_token"])
        return client

    async def avatars(self, session_id: str) -> list[dict[str, Any]]:
        """The provider's own record of what a session was sent."""
        room = f"training-session-{session_id}"
        return [s for s in await self.providers.sessions() if s["room"] == room]

    def worker_events(self, name: str) -> list[dict[str, Any]]:
        """What a worker has logged so far, but for lines that are no JSON."""
        found = []
        for line in (self.folder / f"{name}.log").read_text(errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                found += [event] if isinstance(event, dict) else []
        return found

    def errors(self) -> list[object]:
        """What our own code calls an error, in any process."""
        found: list[object] = [
            event
            for name in self.workers
            for event in self.worker_events(name)
            if event.get("name") == "training_greeter" and event.get("level") == "ERROR"
        ]
        return found + [line for r in self.replicas for line in r.log if " ERROR " in line]

    def said(self, text: str) -> list[str]:
        """Lines of every process's log with this text."""
        lines = [line for replica in self.replicas for line in replica.log]
        for name in self.workers:
            lines += (self.folder / f"{name}.log").read_text(errors="replace").splitlines()
        return [line for line in lines if text in line]


@contextlib.asynccontextmanager
async def cluster(redis_url: str, folder: Path) -> AsyncIterator[Cluster]:
    """With neither a worker nor a replica yet."""
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        livekit = await enter(livekit_server(await ensure_binary(), folder / "livekit.log"))
        providers = await enter(stand_ins(log=folder / "stand-ins.log"))
        platform, door = await enter(receiver()), await enter(front())
        env = endpoint_env(
            livekit,
            folder / "nobodys-state",
            REDIS_URL=redis_url,
            OUTCOME_WEBHOOK_URL=platform.url,
            OUTCOME_WEBHOOK_SECRET=SECRET,
            BEYOND_PRESENCE_API_KEY="demo",
            BEYOND_PRESENCE_AVATAR_ID="demo",
            DEEPGRAM_API_KEY="demo",
            GOOGLE_API_KEY="demo",
            ENDPOINT_URL=door.url,
            AGENT_HTTP_HOST="127.0.0.1",
            **providers.environment,
        )
        lk = await enter(api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret))
        each_its_own = httpx.Limits(max_keepalive_connections=0)
        http = await enter(httpx.AsyncClient(base_url=door.url, timeout=20, limits=each_its_own))
        # Entered last, and so ended first, are the workers and the replicas.
        processes = await enter(contextlib.AsyncExitStack())
        here = Cluster(folder, env, livekit, lk, providers, platform, door, http, stack=processes)
        try:
            yield here
        finally:
            await asyncio.gather(*(client.leave() for client in here.clients))
