"""`make endpoint`: the token endpoint beside LiveKit's own CreateRoom, in one run.

Each caller sends its next request when the last one was answered, each for a new session. The same
client measures both. The one called `bytes` sends prepared bytes and reads status and length, so it
uses little CPU time itself; httpx is what a platform's backend may use. Both are measured in turns of one second, so that other programs slow down both. Each
has a livekit-server of its own. No worker runs: a start is one CreateRoom with a dispatch for both.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from livekit import api

from agent.demo.livekit_server import LiveKitServer, ensure_binary, livekit_server
from agent.token_endpoint.livekit_rooms import (
    DEPARTURE_TIMEOUT_S,
    EMPTY_TIMEOUT_S,
    MAX_PARTICIPANTS,
)
from tests.bench.processes import cpu_s
from tests.support.endpoint_process import endpoint, endpoint_env
from tests.support.endpoint_requests import API_KEY, path_of
from tests.support.redis_server import redis_server


@dataclass(frozen=True)
class Request:
    """A POST request."""

    path: str
    body: bytes
    headers: dict[str, str]

    def as_bytes(self) -> bytes:
        """Return it as HTTP/1.1."""
        fields = {"Host": "127.0.0.1", "Content-Length": str(len(self.body)), **self.headers}
        lines = [f"POST {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body


MakeRequest = Callable[[str], Request]
TRAINEE = {"trainee": {"id": "t", "name": "Ada"}, "training_type": "forklift"}


@dataclass
class Measured:
    """The answers that one of the two gave."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    cpu_s: float = 0.0
    """CPU time of the endpoint's process."""
    idle_cpu_s: float = 0.0
    """CPU time of the endpoint's process in the ten seconds after."""

    @property
    def rate(self) -> float:
        return sum(n for status, n in self.statuses.items() if status < 300) / self.seconds

    def percentile_ms(self, percent: int) -> float:
        return statistics.quantiles(self.times, n=100)[percent - 1] * 1000


class Caller(asyncio.Protocol):
    """One connection that sends a request after each answer."""

    def __init__(self, number: int, make: MakeRequest, until: float, into: Measured) -> None:
        self._number, self._make, self._until, self._into = number, make, until, into
        self._sent = 0
        self._sent_at = 0.0
        self._received = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._into.times.append(time.perf_counter() - self._sent_at)
        self._into.statuses[int(head[9:12])] += 1
        self._received = b""
        if time.perf_counter() < self._until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc or time.perf_counter() < self._until:
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))
        else:
            self.done.set_result(None)

    def _send(self) -> None:
        self._sent += 1
        request = self._make(f"{self._number}-{self._sent}")
        self._sent_at = time.perf_counter()
        self._transport.write(request.as_bytes())


def _length(head: bytes) -> int:
    name = b"content-length:"
    at = head.lower().index(name) + len(name)
    return int(head[at:].partition(b"\r\n")[0])


Load = Callable[[str, MakeRequest, Measured, int, float], Awaitable[None]]
"""Sends requests to a URL from so many callers for so many seconds, and notes the answers."""


async def send_bytes(
    url: str, make: MakeRequest, into: Measured, callers: int, seconds: float
) -> None:
    """The load of `Caller`."""
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    began_at = time.perf_counter()
    protocols = []
    for number in range(callers):

        def protocol(number: int = number) -> Caller:
            return Caller(number, make, began_at + seconds, into)

        protocols.append((await loop.create_connection(protocol, parts.hostname, parts.port))[1])
    await asyncio.gather(*(each.done for each in protocols))
    into.seconds += time.perf_counter() - began_at


async def send_with_httpx(
    url: str, make: MakeRequest, into: Measured, callers: int, seconds: float
) -> None:
    """The load of one httpx client for all callers."""
    began_at = time.perf_counter()
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:

        async def call(number: int) -> None:
            for sent in itertools.count():
                request = make(f"{number}-{sent}")
                sent_at = time.perf_counter()
                if sent_at > began_at + seconds:
                    return
                response = await client.post(
                    request.path, content=request.body, headers=request.headers
                )
                into.times.append(time.perf_counter() - sent_at)
                into.statuses[response.status_code] += 1

        await asyncio.gather(*(call(number) for number in range(callers)))
    into.seconds += time.perf_counter() - began_at


LOADS: dict[str, Load] = {"bytes": send_bytes, "httpx": send_with_httpx}


def create_room(livekit: LiveKitServer) -> MakeRequest:
    """Return what makes the request that the endpoint sends to LiveKit."""
    grants = api.VideoGrants(room_create=True)
    token = api.AccessToken(livekit.api_key, livekit.api_secret).with_grants(grants).to_jwt()
    metadata = json.dumps({"v": 1, "session_id": "0-0", **TRAINEE})
    dispatch = api.RoomAgentDispatch(agent_name="greeter", metadata=metadata)

    def make(session_id: str) -> Request:
        room = api.CreateRoomRequest(
            name=f"training-session-{session_id}",
            empty_timeout=EMPTY_TIMEOUT_S,
            departure_timeout=DEPARTURE_TIMEOUT_S,
            max_participants=MAX_PARTICIPANTS,
            agents=[dispatch],
        )
        return Request(
            "/twirp/livekit.RoomService/CreateRoom",
            room.SerializeToString(),
            {"Content-Type": "application/protobuf", "Authorization": f"Bearer {token}"},
        )

    return make


def start_greeting(session_id: str) -> Request:
    """Return the backend's request for a new session and a new trainee."""
    body = json.dumps({**TRAINEE, "trainee": {"id": session_id, "name": "Ada"}}).encode()
    headers = {"Content-Type": "application/json", "X-API-Key": API_KEY}
    return Request(path_of(session_id), body, headers)


@contextlib.asynccontextmanager
async def new_livekit() -> AsyncIterator[tuple[LiveKitServer, Path]]:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "livekit.log"
        async with livekit_server(await ensure_binary(print), log) as livekit:
            yield livekit, Path(folder)


async def measure(
    load: Load,
    callers: int,
    rounds: int,
    *,
    redis: bool,
    seconds: float = 1.0,
    idle_s: float = 10.0,
) -> tuple[Measured, Measured]:
    """Measure LiveKit and the endpoint in turns; return the answers of both."""
    async with contextlib.AsyncExitStack() as stack:
        bare, _ = await stack.enter_async_context(new_livekit())
        livekit, folder = await stack.enter_async_context(new_livekit())
        more = {"RATE_LIMIT_BACKEND": "off"}
        if redis:
            more["REDIS_URL"] = await stack.enter_async_context(redis_server(folder))
        env = endpoint_env(livekit, folder / "state", **more)
        running = await stack.enter_async_context(endpoint(env, folder))
        theirs, ours = Measured(), Measured()
        sides = (
            (bare.url.replace("ws", "http", 1), create_room(bare), theirs),
            (str(running.http.base_url), start_greeting, ours),
        )
        for url, make, _ in sides:
            await load(url, named("warm", make), Measured(), callers, 0.5)
        before = cpu_s(running.process.pid)
        for number in range(rounds):
            for url, make, into in sides:
                await load(url, named(f"{number}", make), into, callers, seconds)
        after = cpu_s(running.process.pid)
        ours.cpu_s = after - before
        await asyncio.sleep(idle_s)
        ours.idle_cpu_s = cpu_s(running.process.pid) - after
        return theirs, ours


def named(prefix: str, make: MakeRequest) -> MakeRequest:
    """Return what makes requests for sessions that no other round has."""
    return lambda session_id: make(f"{prefix}-{session_id}")


def show(client: str, what: str, measured: Measured, livekit: Measured) -> None:
    """Print one line of the table, with the ratios to LiveKit's own."""
    p50, p99 = (measured.percentile_ms(percent) for percent in (50, 99))
    refused = sum(n for status, n in measured.statuses.items() if status >= 300)
    print(
        f"| {client} | {what} | {measured.rate:.0f} | {measured.rate / livekit.rate:.2f} "
        f"| {p50:.0f} ms | {p99:.0f} ms | {p99 / livekit.percentile_ms(99):.1f} | {refused} "
        f"| {measured.cpu_s / len(measured.times) * 1000:.2f} ms | {measured.idle_cpu_s:.2f} s |",
        flush=True,
    )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, nargs="+", default=[8, 32])
    parser.add_argument("--rounds", type=int, default=6, help="of one second for each of the two")
    parser.add_argument("--clients", nargs="+", default=list(LOADS), choices=LOADS)
    parser.add_argument("--stores", nargs="+", default=["SQLite", "Redis"])
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}")
    print(
        "| Client, callers | Server | Starts/s | Ratio | p50 | p99 | Ratio | Refused | CPU per start ",
        end="",
    )
    print("| CPU in the 10 s after |\n|---|---|---|---|---|---|---|---|---|---|")
    runs = itertools.product(arguments.clients, arguments.callers, arguments.stores)
    for client, callers, store in runs:
        theirs, ours = await measure(
            LOADS[client], callers, arguments.rounds, redis=store.lower() == "redis"
        )
        show(f"{client}, {callers}", "LiveKit", theirs, theirs)
        show(f"{client}, {callers}", f"endpoint, {store}", ours, theirs)


if __name__ == "__main__":
    asyncio.run(main())
