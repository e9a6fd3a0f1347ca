"""The product on several machines, simulated by process groups.

Workers, replicas of the endpoint behind a load balancer, a real Redis, a livekit-server and a
platform.
"""

from __future__ import annotations

import asyncio
import contextlib
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
from tests.integration.load_balancer import LoadBalancer, load_balancer
from tests.support.endpoint_process import Endpoint, endpoint, endpoint_env
from tests.support.endpoint_requests import BACKEND, path_of
from tests.support.livekit_client import LiveKitClient
from tests.support.process_logs import parse_events, read_events
from tests.support.providers import Providers, running_providers
from tests.support.waiting import until
from tests.support.webhook_receiver import SECRET, Receiver, receiver


@dataclass
class Cluster:
    """The running processes and the platform's calls."""

    folder: Path
    env: dict[str, str]
    """The environment of the workers and replicas."""
    livekit: LiveKitServer
    api: api.LiveKitAPI
    providers: Providers
    platform: Receiver
    load_balancer: LoadBalancer
    http: httpx.AsyncClient
    """Sends each request to the load balancer in a new connection."""
    stack: contextlib.AsyncExitStack
    replicas: list[Endpoint] = field(default_factory=list)
    workers: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    clients: list[LiveKitClient] = field(default_factory=list)

    async def start_replica(self) -> Endpoint:
        """Start a replica and add it to the load balancer."""
        running = await self.stack.enter_async_context(endpoint(self.env, self.folder))
        self.replicas.append(running)
        self.load_balancer.ports.append(int(running.http.base_url.port or 0))
        return running

    async def start_worker(self, name: str, *, max_jobs: int) -> None:
        """Start a worker and wait until its processes are warm.

        A cold job may start so late that the supervisor dispatches another one.
        """
        [health] = free_ports(1)
        log = self.folder / f"{name}.log"
        env = {**self.env, "AGENT_HTTP_PORT": str(health), "MAX_JOBS": str(max_jobs)}
        process = await self.stack.enter_async_context(child("agent", "start", env=env, log=log))
        self.workers[name] = process
        await wait_until_ready(name, f"http://127.0.0.1:{health}/", process, log, 120)
        await until(lambda: self._warm(name) >= max_jobs, 120, f"{name} did not warm up")

    def _warm(self, name: str) -> int:
        return sum(e.get("message") == "process initialized" for e in self.worker_events(name))

    def kill_worker(self, name: str) -> None:
        """Kill the worker and its jobs, like a lost machine."""
        os.killpg(self.workers[name].pid, signal.SIGKILL)

    async def kill_replica(self, replica: Endpoint) -> None:
        """Kill a replica and wait for its exit.

        A request in progress would be lost; the page would send it again.
        """
        replica.process.kill()
        await replica.process.wait()

    async def ask(self, session_id: str, http: httpx.AsyncClient | None = None) -> httpx.Response:
        """POST avatar-greeting as the backend, to the load balancer or to one replica (`http`)."""
        return await (http or self.http).post(
            path_of(session_id),
            headers=BACKEND,
            json={"trainee": {"id": session_id, "name": "Ada"}, "training_type": "forklift"},
        )

    async def join(self, response: dict[str, str]) -> LiveKitClient:
        client = LiveKitClient()
        self.clients.append(client)
        await client.join(response["server_url"], response["participant_token"])
        return client

    async def avatars(self, session_id: str) -> list[dict[str, Any]]:
        """Return the avatar sessions that the provider has recorded for a session."""
        room = f"training-session-{session_id}"
        return [s for s in await self.providers.sessions() if s["room"] == room]

    def worker_events(self, name: str) -> list[dict[str, Any]]:
        """Return the JSON lines a worker has logged."""
        return read_events(self.folder / f"{name}.log")

    def events(self) -> list[dict[str, Any]]:
        """Return the JSON lines that all workers and replicas have logged."""
        found = [event for name in self.workers for event in self.worker_events(name)]
        return found + [event for replica in self.replicas for event in parse_events(replica.log)]

    def errors(self) -> list[dict[str, Any]]:
        """Return all errors logged by our code."""
        return [
            event
            for event in self.events()
            if event.get("name") == "training_greeter" and event.get("level") == "ERROR"
        ]


@contextlib.asynccontextmanager
async def running_cluster(redis_url: str, folder: Path) -> AsyncIterator[Cluster]:
    """Start everything except workers and replicas."""
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        livekit = await enter(livekit_server(await ensure_binary(), folder / "livekit.log"))
        providers = await enter(running_providers(folder / "stand-ins.log"))
        platform = await enter(receiver())
        balancer = await enter(load_balancer())
        env = endpoint_env(
            livekit,
            folder / "unused-state",
            REDIS_URL=redis_url,
            OUTCOME_WEBHOOK_URL=platform.url,
            OUTCOME_WEBHOOK_SECRET=SECRET,
            BEYOND_PRESENCE_API_KEY="demo-beyond-presence",
            BEYOND_PRESENCE_AVATAR_ID="demo",
            DEEPGRAM_API_KEY="demo-deepgram",
            GOOGLE_API_KEY="demo-google",
            ENDPOINT_URL=balancer.url,
            AGENT_HTTP_HOST="127.0.0.1",
            **providers.environment,
        )
        lk = await enter(api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret))
        new_connections = httpx.Limits(max_keepalive_connections=0)
        http = await enter(
            httpx.AsyncClient(base_url=balancer.url, timeout=60, limits=new_connections)
        )
        # Entered last so that the workers and replicas end first.
        processes = await enter(contextlib.AsyncExitStack())
        cluster = Cluster(
            folder, env, livekit, lk, providers, platform, balancer, http, stack=processes
        )
        try:
            yield cluster
        finally:
            await asyncio.gather(*(client.leave() for client in cluster.clients))
